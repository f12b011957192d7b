using System.Runtime;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Faults;
using CrashStreams.Broker.Loop;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>A request on its way through the loop, and its place in the order of its connection's answers.</summary>
internal sealed class PendingRequest(ApiEndpoint endpoint, object body, RequestContext context, int correlationId, byte[] frame, ClientConnection connection, BrokerCore core)
    : ILoopItem
{
    private byte[]? _frame = frame;
    private object? _body = body; // until it is answered: it may be large, and its answer may wait to be sent for long
    private long _allocatedBefore = -1; // by this thread, while the request is being handled in the loop

    public RequestContext Context => context;

    /// <summary>What it asks; null when it is answered.</summary>
    public object? Body => _body;

    public int CorrelationId => correlationId;

    public IResponse? Response { get; private set; }

    /// <summary>Answered, or known to get no answer. Set in the loop, read by the connection under its lock.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Bytes that it holds until its answer is sent. Under the connection's lock.</summary>
    public long HeldBytes { get; set; }

    /// <summary>What of it are objects: all but the frame.</summary>
    public long HeldObjects { get; set; }

    /// <summary>Its place among the large requests, until it is handled; null for most.</summary>
    public IDisposable? Place { get; set; }

    public string Description => $"{context.Api.Key} v{context.Version} of {connection.Description} (client id '{ClientText.Escape(context.Client.ClientId)}')";

    public void Run() => connection.Turn.Run(this);

    /// <summary>Handles the request. To be called by the connection's turn.</summary>
    public void Handle()
    {
        var (started, elsewhere) = (ThreadClock.Nanoseconds, NotItsOwn());
        _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (connection.IsClosed && endpoint.ChangesNothing)
                Complete(null); // there is nobody to answer
            else if (!core.Faults.Intercept(endpoint, _body!, context, core.Timers, Handle, Complete))
                Handle(Complete);
        }
        catch
        {
            // What was half done is unknown to the client as well; it comes again on a new connection.
            connection.Close();
            Complete(null);
            throw;
        }
        finally
        {
            if (!IsDone && connection.Turn.Waiting is not IStepwise)
                Place?.Dispose(); // it waits for something that others may have to do
            if (!IsDone)
                connection.Charge(this, GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore); // what it has so far; the rest comes in later turns
            _allocatedBefore = -1;
            connection.Turn.Took(new TimeSpan((ThreadClock.Nanoseconds - started) / TimeSpan.NanosecondsPerTick) - (NotItsOwn() - elsewhere));
        }
    }

    /// <summary>What falls into the time of a request and is no work of its own: collections, because others have filled the memory, too, and code that runs for the first time.</summary>
    private static TimeSpan NotItsOwn() => GC.GetTotalPauseDuration() + JitInfo.GetCompilationTime(currentThread: true);

    public void Complete(IResponse? response)
    {
        if (Interlocked.Exchange(ref _frame, null) is { } frame)
            PooledBytes.Return(frame);
        var allocated = _allocatedBefore < 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
        _body = null;
        Place?.Dispose();
        connection.Answer(this, response, allocated);
    }

    /// <summary>Its answer is written out: what it was made of is not to live until a slow client has taken the bytes.</summary>
    public void DropResponse() => Response = null;

    /// <summary>To be called under the connection's lock.</summary>
    public void SetDone(IResponse? response)
    {
        Response = response;
        IsDone = true;
    }

    private void Handle(Action<IResponse?> reply)
    {
        if (context.Session.Authentication?.Access is { } access)
            HandleFor(access, _body!, reply);
        else
            endpoint.Handle(_body!, context, reply);
    }

    /// <summary>For a user who may not do everything.</summary>
    private void HandleFor(UserAccess access, object asked, Action<IResponse?> reply)
    {
        var error = Authorization.Check(access, context.Api.Key, asked, core.Topics);
        if (error == ErrorCode.None)
        {
            endpoint.Handle(asked, context, response =>
            {
                Authorization.Filter(access, response);
                reply(response);
            });
            return;
        }
        if (Refusal.TryOf(asked, context.Version, error) is { } refusal)
        {
            reply(refusal);
            return;
        }
        // An answer without a place for the error: only the end of the connection says no.
        connection.Close();
        reply(null);
    }
}
