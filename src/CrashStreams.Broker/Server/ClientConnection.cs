using System.Net.Sockets;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Server;

/// <summary>
/// One client: cuts its bytes into frames, decodes them, hands them to the loop, and sends the answers in the order of the requests.
/// Its state is shared by the thread that reads, the loop that answers and the thread that writes, under one lock.
/// </summary>
internal sealed class ClientConnection : IClientSession, IThreadPoolWorkItem
{
    private const int MaxPending = 1000; // requests read ahead of their answers; then the socket has to wait

    [ThreadStatic]
    private static ClientConnection? _runningLoop; // the connection whose thread runs the loop right now

    private readonly Stream _stream;
    private readonly BrokerServer _server;
    private readonly string _host;
    private readonly ILogger _log;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly Lock _lock = new();
    private readonly Queue<PendingRequest> _pending = new();
    private TaskCompletionSource? _roomWanted;
    private bool _isWriting;
    private bool _answersHere;
    private bool _isClosed;

    public ClientConnection(Stream stream, Socket? socket, string host, BrokerServer server, ILogger log)
    {
        (_stream, _host, _server, _log) = (stream, host, server, log);
        Authentication = server.Core.Options.Users.Count > 0 ? new Authentication(server.Core.Options.Users) : null;
        _reader = new FrameReader(stream, server.Core.Options.MaxRequestBytes);
        _writer = new FrameWriter(stream, socket);
    }

    public Authentication? Authentication { get; }

    /// <summary>Reads until the client leaves or breaks the protocol.</summary>
    public async Task ServeAsync()
    {
        try
        {
            do
            {
                while (_reader.TryRead(out var frame, out var length))
                    await AcceptAsync(frame, length).ConfigureAwait(false);
                RunLoop();
            }
            while (!_isClosed && await _reader.ReadMoreAsync().ConfigureAwait(false));
        }
        catch (ProtocolException error)
        {
            _log.LogWarning("{Client} broke the protocol and is disconnected: {Problem}", _host, error.Message);
        }
        catch (Exception error)
        {
            _log.LogDebug(error, "{Client} is gone.", _host);
        }
        finally
        {
            Close();
            _reader.Dispose();
            _server.Loop.RunPosted();
        }
    }

    public void Close()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            waiter = _roomWanted;
            _roomWanted = null;
        }
        _stream.Dispose();
        _server.Forget(this);
        waiter?.TrySetResult();
    }

    /// <summary>Takes an answer, in the loop; null when there is none to send.</summary>
    public void Answer(PendingRequest request, IResponse? response)
    {
        lock (_lock)
        {
            request.SetDone(response);
            if (_isWriting || !_pending.TryPeek(out var first) || !first.IsDone)
                return;
            _isWriting = true;
        }
        if (_runningLoop == this)
            _answersHere = true;
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAnswersAsync();

    /// <summary>Runs the loop, then sends this connection's own answers without another thread: most requests are answered at once.</summary>
    private void RunLoop()
    {
        _runningLoop = this;
        _server.Loop.RunPosted();
        _runningLoop = null;
        if (!_answersHere)
            return;
        _answersHere = false;
        _ = SendAnswersAsync();
    }

    private async ValueTask AcceptAsync(byte[] frame, int length)
    {
        var request = Decode(frame, length);
        Task? room = null;
        lock (_lock)
        {
            _pending.Enqueue(request);
            if (_pending.Count >= MaxPending && !_isClosed)
                room = (_roomWanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        _server.Loop.Enqueue(request);
        if (room is null)
            return;
        RunLoop();
        await room.ConfigureAwait(false);
    }

    private PendingRequest Decode(byte[] frame, int length)
    {
        var reader = new WireReader(frame.AsMemory(0, length));
        var header = RequestHeader.Read(ref reader);
        var client = new ClientIdentity(header.ClientId ?? "", _host);
        var context = new RequestContext(header.Api, header.Version, client, this);
        if (Authentication?.Allows(header.Api.Key) == false)
            throw new ProtocolException($"{header.Api.Key} before authentication.");
        var endpoint = _server.Core.Apis.Find(header.Api.Key) ?? throw new ProtocolException($"{header.Api.Key} is not served.");
        if (!header.IsSupported && header.Api.Key == ApiKey.ApiVersions)
            return new PendingRequest(UnsupportedApiVersions.Endpoint, "", context with { Version = 0 }, header.CorrelationId, frame, this, _server.Core);
        if (!header.IsSupported)
            throw new ProtocolException($"{header.Api.Key} has no version {header.Version}.");
        var body = endpoint.Decode(ref reader, header.Version);
        return new PendingRequest(endpoint, body, context, header.CorrelationId, frame, this, _server.Core);
    }

    /// <summary>Sends what is answered, in order, until it comes to a request that is not.</summary>
    private async Task SendAnswersAsync()
    {
        try
        {
            // Answers that are there together leave together: one system call for all of them.
            for (var request = NextAnswered(elseEnd: true); request is not null; request = NextAnswered(elseEnd: true))
            {
                for (var next = request; next is not null; next = NextAnswered(elseEnd: false))
                    await SendAsync(next).ConfigureAwait(false);
                await _writer.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            _log.LogDebug(error, "{Client} took no answer.", _host);
            Close();
            _writer.Drop();
            while (NextAnswered(elseEnd: true) is { } request)
                DropAnswer(request);
        }
    }

    /// <summary>The next request in order when it is answered; if it isn't, this can be the end of the writing.</summary>
    private PendingRequest? NextAnswered(bool elseEnd)
    {
        PendingRequest? next = null;
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            if (_pending.TryPeek(out var first) && first.IsDone)
                next = _pending.Dequeue();
            else if (elseEnd)
                _isWriting = false;
            if (_pending.Count < MaxPending / 2)
                (waiter, _roomWanted) = (_roomWanted, null);
        }
        waiter?.TrySetResult();
        return next;
    }

    private async ValueTask SendAsync(PendingRequest request)
    {
        if (request.Response is null)
            return;
        using var buffer = Encode(request);
        if (!_isClosed)
            await _writer.WriteAsync(buffer).ConfigureAwait(false);
    }

    private static WireBuffer Encode(PendingRequest request)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ResponseHeader.Write(ref writer, request.Context.Api, request.Context.Version, request.CorrelationId);
        request.Response!.Write(ref writer, request.Context.Version);
        return buffer;
    }

    /// <summary>Encoding and disposing gives back the log segments that the answer holds.</summary>
    private static void DropAnswer(PendingRequest request)
    {
        if (request.Response is not null)
            Encode(request).Dispose();
    }
}
