using System.Diagnostics;
using System.Net.Sockets;
using CrashStreams.Broker.Apis;
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
    private const int SmallGrowth = 1024 * 1024; // of a frame's memory: that is done in some 100 µs
    private const int LargeAnswer = 256 * 1024; // by what it took to make it: writing it out takes a millisecond

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
        while (_reader.NextGrowth is > 0 and var growth && !_isClosed)
        {
            if (!HasRoom(growth))
                await WaitForRoomAsync(growth).ConfigureAwait(false);
            else if (growth <= SmallGrowth)
                _reader.Grow();
            else
                await GrowInTurnAsync(growth).ConfigureAwait(false);
        }
        return await _reader.ReadMoreAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// To copy many megabytes into fresh memory takes a thread for long, and threads are few: one connection after the other does it, with pauses. No room any more when its turn
    /// has come: then it stays as it is.
    /// </summary>
    private async Task GrowInTurnAsync(int growth)
    {
        using var turn = await _server.LargeGrowth.EnterAsync().ConfigureAwait(false);
        await Task.Yield();
        if (_isClosed || !HasRoom(growth))
            return;
        _reader.Grow();
        ReportFrame(); // the next one is to know
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
