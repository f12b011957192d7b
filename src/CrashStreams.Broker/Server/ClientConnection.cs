using System.Buffers.Binary;
using System.Diagnostics;
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
internal sealed partial class ClientConnection : IClientSession, IThreadPoolWorkItem
{
    private const int MaxPending = 1000; // requests read ahead of their answers; then the socket has to wait
    private const int ReportedPiece = 64 * 1024;
    private const int LargeAnswer = 256 * 1024; // by what it took to make it: writing it out takes a millisecond
    private const int MeasuredFrame = 1024; // whatever is in a smaller one, taking it apart takes no longer than is counted for it
    private const int MostDecompressedHere = 4 * 1024 * 1024; // by a thread that may be the one that waits for sockets; a producer's usual batches are smaller
    private static readonly TimeSpan s_smallFrame = TimeSpan.FromMicroseconds(3);

    /// <summary>For so long a thread that has served one client is busy with clients, for the next one.</summary>
    private static readonly long s_busy = Stopwatch.Frequency / 1000;

    /// <summary>How long a client whose bytes are always there already keeps a thread.</summary>
    private static readonly TimeSpan s_longestStretch = TimeSpan.FromMilliseconds(2);

    [ThreadStatic]
    private static ClientConnection? _runningLoop; // the connection whose thread runs the loop right now

    [ThreadStatic]
    private static ClientConnection? _lastServed; // by this thread

    [ThreadStatic]
    private static long _lastServedAt; // Stopwatch timestamp

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
    private long _heldObjects; // of which so much is not in frames
    private long _reportedBytes; // of which the sum of all connections knows
    private bool _isDraining; // requests wait until answers are sent
    private bool _isWriting;
    private bool _answersHere;
    private long _readingSince; // Stopwatch timestamp
    private UsedTime _usedReading; // by taking its requests apart
    private volatile bool _hasLongAnswers;
    private volatile bool _isAccepting; // a request is whole and on its way into the loop: nothing is read
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
        _usedReading = new UsedTime(_limits.ShareOfLoop);
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
                    Authentication is { User: null }, !_isAccepting && _reader.IsInFrame, _isWriting, _pending.Count == 0, _reader.Frames, _reader.Reads, _writer.Sends,
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
                _isAccepting = true;
                if (MustGiveWay())
                    await Task.Yield();
                while (_reader.TryRead(out var frame, out var length))
                    await (IsLarge(frame, length) ? AcceptLargeAsync(frame, length) : AcceptAsync(frame, length, place: null)).ConfigureAwait(false);
                _isAccepting = false;
                ReportFrame();
                RunLoop();
            }
            while (!_isClosed && await ReadOnAsync().ConfigureAwait(false));
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
            // Hundreds that leave at once would keep the thread that waits for the sockets of all.
            await Task.Yield();
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

    void IClientSession.GiveWay() => Turn.Awaited?.Place?.Dispose();

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
        if (_runningLoop == this && bytes < LargeAnswer && !_hasLongAnswers)
            _answersHere = true;
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    /// <summary>Whether unsent answers hold so much that a request has to wait for them to be sent. The first in order never does.</summary>
    public bool MustDrainBefore(PendingRequest request)
    {
        if (!_server.Memory.IsSpent(Volatile.Read(ref _heldBytes), Volatile.Read(ref _heldObjects)))
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

    /// <summary>
    /// Whether this thread, which may be the one that waits for the sockets of all, has better to do: this client's requests take long, and it is not the only one that it serves.
    /// </summary>
    private bool MustGiveWay()
    {
        var now = Stopwatch.GetTimestamp();
        var hasOthers = _lastServed != this && now - _lastServedAt < s_busy;
        (_lastServed, _lastServedAt) = (this, now);
        return hasOthers && _usedReading.Exceeds(_limits.HeavyRequestTime);
    }

    private FrameLimits FrameLimitsNow() => Authentication is { User: null }
        ? new FrameLimits(_limits.UnauthenticatedRequestBytes, _limits.UnauthenticatedRequestBytes)
        : new FrameLimits(_server.Core.Options.MaxRequestBytes, Math.Min(_server.Core.Options.MaxRequestBytes, _limits.RequestBytesWithoutRecords));

    private bool IsLarge(byte[] frame, int length) => length > _limits.LargeRequestBytes && !IsProduce(frame);

    private static bool IsProduce(byte[] frame) => BinaryPrimitives.ReadInt16BigEndian(frame) == (short)ApiKey.Produce;

    /// <summary>
    /// Waits until a large request may be taken apart, then goes on with a thread of the pool: this one may be the one that waits for the sockets. The client's earlier requests are
    /// answered before, so that the place is not held while they wait for something.
    /// </summary>
    private async ValueTask AcceptLargeAsync(byte[] frame, int length)
    {
        lock (_lock)
        {
            _heldBytes += length;
            Report();
        }
        await AllAnsweredAsync().ConfigureAwait(false);
        var place = await _server.LargeRequests.EnterAsync().ConfigureAwait(false);
        try
        {
            await Task.Yield();
            lock (_lock)
                _heldBytes -= length;
            await AcceptAsync(frame, length, place).ConfigureAwait(false);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private async ValueTask AllAnsweredAsync()
    {
        Task answered;
        lock (_lock)
        {
            if ((_pending.Count == 0 && !_isWriting) || _isClosed)
                return;
            answered = (_allSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        RunLoop();
        await answered.ConfigureAwait(false);
    }

    private async ValueTask AcceptAsync(byte[] frame, int length, IDisposable? place)
    {
        if (_isClosed)
        {
            place?.Dispose();
            PooledBytes.Return(frame);
            return;
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var isMeasured = length >= MeasuredFrame || IsProduce(frame);
        var began = isMeasured ? ThreadClock.Nanoseconds : 0;
        var request = Decode(frame, length, out var saslBody);
        request.Place = place;
        var produce = request.Body as PreparedProduce;
        var isPrepared = produce?.TryPrepare(StepQueue.Slice, MostDecompressedHere) ?? true;
        _usedReading.Add(isMeasured ? new TimeSpan((ThreadClock.Nanoseconds - began) / TimeSpan.NanosecondsPerTick) : s_smallFrame);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (!isPrepared)
        {
            RunLoop(); // what came before it is not to wait for it
            allocated += await PrepareAsync(produce!).ConfigureAwait(false);
            if (_isClosed)
            {
                PooledBytes.Return(frame);
                return;
            }
        }
        Task? room = null;
        lock (_lock)
        {
            _pending.Enqueue(request);
            request.HeldBytes = length;
            _heldBytes += length;
            Hold(request, allocated);
            if ((_pending.Count >= MaxPending || _server.Memory.IsSpent(_heldBytes, _heldObjects)) && !_isClosed)
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

    /// <summary>
    /// Goes on with batches that take long to check, beside one another a client at a time: a few kilobytes may decompress to gigabytes, and threads are few. Ends with the connection.
    /// </summary>
    /// <returns>What it took of memory.</returns>
    private async ValueTask<long> PrepareAsync(PreparedProduce produce)
    {
        var allocated = 0L;
        for (var isPrepared = false; !isPrepared && !_isClosed;)
        {
            await _server.Preparing.WaitAsync().ConfigureAwait(false);
            try
            {
                await Task.Yield();
                var before = GC.GetAllocatedBytesForCurrentThread();
                isPrepared = produce.TryPrepare(StepQueue.Slice);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }
            finally
            {
                _server.Preparing.Release();
            }
        }
        return allocated;
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

    /// <summary>
    /// Reads on. A client that sends as fast as it is read would keep the thread, which may be the one that waits for the sockets of others: after a while a thread of the pool goes on.
    /// </summary>
    private async ValueTask<bool> ReadOnAsync()
    {
        var reading = ReadMoreAsync();
        if (!reading.IsCompleted)
        {
            var hasMore = await reading.ConfigureAwait(false);
            _readingSince = Stopwatch.GetTimestamp();
            return hasMore;
        }
        if (Stopwatch.GetElapsedTime(_readingSince) > s_longestStretch)
        {
            await Task.Yield();
            _readingSince = Stopwatch.GetTimestamp();
        }
        return await reading.ConfigureAwait(false);
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
        var reader = new WireReader(frame.AsMemory(0, length), IsProduce(frame) ? _limits.ProduceElements : _limits.RequestElements);
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
        request.HeldObjects += bytes;
        _heldBytes += bytes;
        _heldObjects += bytes;
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
}
