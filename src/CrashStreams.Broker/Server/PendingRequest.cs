using System.Buffers;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>A request on its way through the loop, and its place in the order of its connection's answers.</summary>
internal sealed class PendingRequest(ApiEndpoint endpoint, object body, RequestContext context, int correlationId, byte[] frame, ClientConnection connection, BrokerCore core)
    : ILoopItem
{
    private byte[]? _frame = frame;

    public RequestContext Context => context;

    public int CorrelationId => correlationId;

    public IResponse? Response { get; private set; }

    /// <summary>Answered, or known to get no answer. Set in the loop, read by the connection under its lock.</summary>
    public bool IsDone { get; private set; }

    public void Run()
    {
        try
        {
            if (core.Faults.Intercept(endpoint, body, context, core.Timers, Handle, Complete))
                return;
            Handle(Complete);
        }
        catch
        {
            // What was half done is unknown to the client as well; it comes again on a new connection.
            connection.Close();
            Complete(null);
            throw;
        }
    }

    public void Complete(IResponse? response)
    {
        if (Interlocked.Exchange(ref _frame, null) is { } frame)
            ArrayPool<byte>.Shared.Return(frame);
        connection.Answer(this, response);
    }

    /// <summary>To be called under the connection's lock.</summary>
    public void SetDone(IResponse? response)
    {
        Response = response;
        IsDone = true;
    }

    private void Handle(Action<IResponse?> reply) => endpoint.Handle(body, context, reply);
}
