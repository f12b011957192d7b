using System.Net.Sockets;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Loop;
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
    private const int ReportedPiece = 64 * 1024;

    [ThreadStatic]
    private static ClientConnection? _runningLoop; // the connection whose thread runs the loop right now

    private readonly Stream _stream;
    private readonly BrokerServer _server;
    private readonly string _host;
    private readonly ILogger _log;
    private readonly Limits _limits;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly Lock _lock = new();
    private readonly Queue<PendingRequest> _pending = new();
    private TaskCompletionSource? _roomWanted;
    private TaskCompletionSource? _allSent; // when the connection ends with the answers that are on their way
    private long _heldBytes; // by requests and answers that are not sent
    private long _reportedBytes; // of which the sum of all connections knows
    private bool _isDraining; // requests wait until answers are sent
    private bool _isWriting;
    private bool _answersHere;
    private volatile bool _isClosed;

    public ClientConnection(Stream stream, Socket? socket, string host, string address, BrokerServer server, ILogger log)
    {
        (_stream, _host, Description, _server, _log) = (stream, host, address, server, log);
        _limits = server.Core.Options.Limits;
        if (server.Core.Options.Users.Count > 0)
            Authentication = new Authentication(server.Users, server.Refusals, host, server.Core.Options);
        _reader = new FrameReader(stream, FrameLimitsNow(), HasRoom);
        _writer = new FrameWriter(stream, socket);
        Turn = new ConnectionTurn(this, server.Loop, _limits);
    }

    public Authentication? Authentication { get; }

    /// <summary>When its requests are handled.</summary>
    public ConnectionTurn Turn { get; }

    /// <summary>The client's address and port, for the log.</summary>
    public string Description { get; }

    public bool IsClosed => _isClosed;

    /// <summary>What its deadlines depend on, from any thread: only the sweep of <see cref="ConnectionDeadlines"/> looks.</summary>
    public ConnectionActivity Activity
    {
        get
        {
            lock (_lock)
                return new ConnectionActivity(
                    Authentication is { User: null }, _roomWanted is null && _reader.IsInFrame, _isWriting, _pending.Count == 0, _reader.Frames, _reader.Reads, _writer.Sends,
                    _heldBytes + _reader.HeldBytes);
        }
    }

    /// <summary>Reads until the client leaves or breaks the protocol.</summary>
    public async Task ServeAsync()
    {
        try
        {
            do
            {
                while (_reader.TryRead(out var frame, out var length))
                    await AcceptAsync(frame, length).ConfigureAwait(false);
                ReportFrame();
                RunLoop();
            }
            while (!_isClosed && await ReadMoreAsync().ConfigureAwait(false));
        }
        catch (ProtocolException error)
        {
            _log.LogWarning("{Client} broke the protocol and is disconnected: {Problem}", Description, ClientText.Escape(error.Message));
        }
        catch (Exception error)
        {
            _log.LogDebug("{Client} is gone: {Problem}", Description, ClientText.Escape(error.Message));
        }
        finally
        {
            Close();
            _reader.Dispose();
            ReportFrame();
            _server.Loop.RunPosted();
        }
    }

    public void Close()
    {
        TaskCompletionSource? waiter;
        TaskCompletionSource? allSent;
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            (waiter, _roomWanted) = (_roomWanted, null);
            (allSent, _allSent) = (_allSent, null);
        }
        _stream.Dispose();
        _server.Forget(this);
        waiter?.TrySetResult();
        allSent?.TrySetResult();
        _server.Loop.Post(new LoopAction(Turn.Leave, "the end of a connection"));
    }

    void IClientSession.Await(IWaiting waiting) => Turn.Await(waiting);

    void IClientSession.EndWait() => Turn.EndWait();

    void IClientSession.Charge(long bytes)
    {
        if (Turn.Awaited is { } request)
            Charge(request, bytes);
    }

    /// <summary>Counts what a request that is not answered yet has taken.</summary>
    public void Charge(PendingRequest request, long bytes)
    {
        lock (_lock)
            if (!request.IsDone)
                Hold(request, bytes);
    }

    /// <summary>Takes an answer; null when there is none to send.</summary>
    /// <param name="request">What is answered.</param>
    /// <param name="response">The answer.</param>
    /// <param name="bytes">What it took to make it.</param>
    public void Answer(PendingRequest request, IResponse? response, long bytes)
    {
        lock (_lock)
        {
            request.SetDone(response);
            Hold(request, bytes);
            if (_isWriting || !_pending.TryPeek(out var first) || !first.IsDone)
                return;
            _isWriting = true;
        }
        if (_runningLoop == this)
            _answersHere = true;
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    /// <summary>Whether unsent answers hold so much that a request has to wait for them to be sent. The first in order never does.</summary>
    public bool MustDrainBefore(PendingRequest request)
    {
        if (!_server.Memory.IsSpent(Volatile.Read(ref _heldBytes)))
            return false;
        lock (_lock)
        {
            var isFirst = !_pending.TryPeek(out var first) || first == request;
            return _isDraining = !isFirst && !_isClosed;
        }
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

    private FrameLimits FrameLimitsNow() => Authentication is { User: null }
        ? new FrameLimits(_limits.UnauthenticatedRequestBytes, _limits.UnauthenticatedRequestBytes)
        : new FrameLimits(_server.Core.Options.MaxRequestBytes, Math.Min(_server.Core.Options.MaxRequestBytes, _limits.RequestBytesWithoutRecords));

    private async ValueTask AcceptAsync(byte[] frame, int length)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var request = Decode(frame, length, out var saslBody);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Task? room = null;
        lock (_lock)
        {
            _pending.Enqueue(request);
            request.HeldBytes = length;
            _heldBytes += length;
            Hold(request, allocated);
            if ((_pending.Count >= MaxPending || _server.Memory.IsSpent(_heldBytes)) && !_isClosed)
                room = (_roomWanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        if (saslBody is not null)
            await AuthenticateAsync(request, saslBody).ConfigureAwait(false);
        else
            _server.Loop.Enqueue(request);
        if (room is null)
            return;
        RunLoop();
        await room.ConfigureAwait(false);
    }

    /// <summary>Outside the loop, which others need; nothing else is read from the client meanwhile.</summary>
    private async ValueTask AuthenticateAsync(PendingRequest request, object body)
    {
        var (answer, isRefusal) = await Authentication!.HandleAsync(body, _server.Core.Options.TimeProvider).ConfigureAwait(false);
        _reader.Limits = FrameLimitsNow();
        Task? sent = null;
        if (isRefusal)
            lock (_lock)
                sent = (_allSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        request.Complete(answer);
        if (sent is null)
            return;
        // Like Apache Kafka: who is refused has to connect again.
        RunLoop();
        await sent.ConfigureAwait(false);
        Close();
    }

    /// <summary>Reads on, once there is memory for more of a large request.</summary>
    private async ValueTask<bool> ReadMoreAsync()
    {
        if (_reader.NextGrowth is > 0 and var growth && !HasRoom(growth))
            await WaitForRoomAsync(growth).ConfigureAwait(false);
        return await _reader.ReadMoreAsync().ConfigureAwait(false);
    }

    private bool HasRoom(int bytes) => _server.Memory.HasRoom(Volatile.Read(ref _heldBytes) + _reader.HeldBytes, bytes);

    /// <summary>Meanwhile, who holds most memory and does not get on is disconnected.</summary>
    private async Task WaitForRoomAsync(int bytes)
    {
        using var waiting = _server.Memory.Wait();
        do
            await Task.Delay(TimeSpan.FromMilliseconds(20), _server.Core.Options.TimeProvider).ConfigureAwait(false);
        while (!_isClosed && !HasRoom(bytes));
    }

    private PendingRequest Decode(byte[] frame, int length, out object? saslBody)
    {
        var reader = new WireReader(frame.AsMemory(0, length), _limits.RequestElements);
        var header = RequestHeader.Read(ref reader);
        var client = ClientIdentity.Of(header.ClientId, _host);
        var context = new RequestContext(header.Api, header.Version, client, this);
        saslBody = null;
        if (Authentication?.Allows(header.Api.Key) == false)
            throw new ProtocolException($"{header.Api.Key} before authentication.");
        var endpoint = _server.Core.Apis.Find(header.Api.Key) ?? throw new ProtocolException($"{header.Api.Key} is not served.");
        if (!header.IsSupported && header.Api.Key == ApiKey.ApiVersions)
            return new PendingRequest(UnsupportedApiVersions.Endpoint, "", context with { Version = 0 }, header.CorrelationId, frame, this, _server.Core);
        if (!header.IsSupported)
            throw new ProtocolException($"{header.Api.Key} has no version {header.Version}.");
        var body = endpoint.Decode(ref reader, header.Version);
        if (header.Api.Key is ApiKey.SaslHandshake or ApiKey.SaslAuthenticate)
            saslBody = body;
        return new PendingRequest(endpoint, body, context, header.CorrelationId, frame, this, _server.Core);
    }

    /// <summary>Under the lock.</summary>
    private void Hold(PendingRequest request, long bytes)
    {
        request.HeldBytes += bytes;
        _heldBytes += bytes;
        Report();
    }

    /// <summary>Adds what has changed to the sum of all connections, in pieces large enough to be worth it. Under the lock.</summary>
    private void Report()
    {
        var change = _heldBytes + _reader.HeldBytes - _reportedBytes;
        if (Math.Abs(change) < ReportedPiece && !_isClosed)
            return;
        _reportedBytes += change;
        _server.Memory.Add(change);
    }

    private void ReportFrame()
    {
        if (_reader.HeldBytes < ReportedPiece && Volatile.Read(ref _reportedBytes) == 0)
            return;
        lock (_lock)
            Report();
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
            _log.LogDebug("{Client} took no answer: {Problem}", Description, ClientText.Escape(error.Message));
            Close();
            _writer.Drop();
            while (NextAnswered(elseEnd: true) is { } request)
                Release(request, isSent: false);
        }
    }

    /// <summary>The next request in order when it is answered; if it isn't, this can be the end of the writing.</summary>
    private PendingRequest? NextAnswered(bool elseEnd)
    {
        PendingRequest? next = null;
        lock (_lock)
        {
            if (_pending.TryPeek(out var first) && first.IsDone)
                next = _pending.Dequeue();
            else if (elseEnd)
                EndWriting();
        }
        return next;
    }

    /// <summary>Under the lock.</summary>
    private void EndWriting()
    {
        _isWriting = false;
        if (_pending.Count > 0)
            return;
        _allSent?.TrySetResult();
        _allSent = null;
    }

    private async ValueTask SendAsync(PendingRequest request)
    {
        try
        {
            if (request.Response is null)
                return;
            using var buffer = Encode(request);
            if (!_isClosed)
                await _writer.WriteAsync(buffer).ConfigureAwait(false);
        }
        finally
        {
            Release(request, isSent: true);
        }
    }

    private WireBuffer Encode(PendingRequest request)
    {
        var buffer = new WireBuffer(maxBytes: _limits.AnswerBytes);
        try
        {
            var writer = new WireWriter(buffer);
            ResponseHeader.Write(ref writer, request.Context.Api, request.Context.Version, request.CorrelationId);
            request.Response!.Write(ref writer, request.Context.Version);
            return buffer;
        }
        catch (Exception error)
        {
            _log.LogError("The answer to {Request} can't be sent, and the connection is closed: {Problem}", request.Description, ClientText.Escape(error.Message));
            buffer.Dispose();
            throw;
        }
    }

    private void DropRecords(PendingRequest request)
    {
        try
        {
            Encode(request).Dispose();
        }
        catch (InvalidOperationException)
        {
            // Encode has logged why.
        }
    }

    /// <summary>What a request held is free: others may be read and handled.</summary>
    private void Release(PendingRequest request, bool isSent)
    {
        // Encoding and disposing gives back the log segments that the answer holds.
        if (!isSent && request.Response is not null)
            DropRecords(request);
        TaskCompletionSource? waiter = null;
        var canResume = false;
        lock (_lock)
        {
            _heldBytes -= request.HeldBytes;
            Report();
            var isDrained = !_server.Memory.IsSpent(2 * _heldBytes);
            if (_pending.Count < MaxPending / 2 && (isDrained || _pending.Count == 0))
                (waiter, _roomWanted) = (_roomWanted, null);
            if (_isDraining && (isDrained || !_pending.TryPeek(out var first) || !first.IsDone))
                (canResume, _isDraining) = (true, false);
        }
        waiter?.TrySetResult();
        if (canResume)
            _server.Loop.Post(Turn);
    }
}
