using System.Diagnostics;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Server;

/// <summary>
/// When the requests of one connection are handled. In their order always; not while a fetch of the connection waits (its answer comes first anyway, and
/// Apache Kafka does not even read them before); not while unsent answers hold too much memory; and after the requests of others when they take long, or are many.
/// All of it belongs to the loop.
/// </summary>
internal sealed class ConnectionTurn(ClientConnection connection, BrokerLoop loop, Limits limits) : ILoopItem
{
    private static readonly long s_pacedFor = Stopwatch.Frequency; // 1 s after the last long request
    private readonly Queue<PendingRequest> _parked = new();
    private TimeSpan _used; // of the loop's time, beyond the connection's share
    private long _usedAt; // Stopwatch timestamp
    private long _longUntil; // Stopwatch timestamp
    private LoopLane _lane;
    private int _late; // requests in that lane, unless it is that of all others
    private bool _isResuming;

    /// <summary>What the client waits for: a fetch, or a long request; null when it waits for none.</summary>
    public IWaiting? Waiting { get; private set; }

    /// <summary>The request that this answers.</summary>
    public PendingRequest? Awaited { get; private set; }

    public string Description => $"requests of {connection.Description} that had to wait";

    /// <summary>When the connection's next request is served. Once one has to wait, all that follow wait behind it, so that the order stays.</summary>
    public LoopLane LaneOfNext()
    {
        if (_late == 0)
            _lane = Lane();
        if (_lane != LoopLane.InTurn)
            _late++;
        return _lane;
    }

    public LoopLane Lane() => _longUntil > Stopwatch.GetTimestamp() ? LoopLane.Paced : IsHeavy ? LoopLane.Late : LoopLane.InTurn;

    /// <summary>Whether the connection has used much more of the loop's time than its share.</summary>
    private bool IsHeavy => _used > limits.HeavyRequestTime && _used - ShareSince(_usedAt) > limits.HeavyRequestTime;

    /// <summary>Handles a request, or keeps it until its time has come.</summary>
    public void Run(PendingRequest request)
    {
        if (_late > 0)
            _late--;
        if (_parked.Count > 0 || MustWait(request))
            _parked.Enqueue(request);
        else
            Handle(request);
    }

    /// <summary>A request of the connection has taken so much of the processor's time.</summary>
    public void Took(TimeSpan time)
    {
        var share = ShareSince(_usedAt);
        _used = (share < _used ? _used - share : TimeSpan.Zero) + time;
        _usedAt = Stopwatch.GetTimestamp();
        if (time > limits.HeavyRequestTime)
            _longUntil = _usedAt + s_pacedFor;
    }

    private TimeSpan ShareSince(long timestamp) => Stopwatch.GetElapsedTime(timestamp) * limits.ShareOfLoop;

    /// <summary>The client waits for this now; it ends when the client leaves.</summary>
    public void Await(IWaiting waiting)
    {
        Waiting = waiting;
        if (connection.IsClosed)
            waiting.Cancel();
    }

    public void EndWait()
    {
        (Waiting, Awaited) = (null, null);
        Resume();
    }

    /// <summary>The client is gone: nothing waits for it any more.</summary>
    public void Leave()
    {
        Waiting?.Cancel();
        Resume();
    }

    /// <summary>Goes on with the requests that had to wait.</summary>
    public void Resume()
    {
        if (_parked.Count == 0 || _isResuming)
            return;
        _isResuming = true;
        loop.Post(this);
    }

    /// <summary>One request that had to wait, and its place in the queue again if there are more.</summary>
    public void Run()
    {
        _isResuming = false;
        if (!_parked.TryPeek(out var first) || MustWait(first))
            return;
        try
        {
            Handle(first);
        }
        finally
        {
            _parked.Dequeue();
            Resume();
        }
    }

    private void Handle(PendingRequest request)
    {
        Awaited = request;
        request.Handle();
        if (Waiting is null)
            Awaited = null;
    }

    private bool MustWait(PendingRequest request) => Waiting is not null || connection.MustDrainBefore(request);
}
