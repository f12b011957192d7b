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
    private static readonly long s_pacedFor = Stopwatch.Frequency; // 1 s after a long request
    private static readonly long s_suspectFor = 10 * Stopwatch.Frequency; // that came within 10 s of another: one alone may be code that runs for the first time
    private readonly Queue<PendingRequest> _parked = new();
    private UsedTime _used = new(limits.ShareOfLoop); // of the loop's time
    private long _pacedUntil; // Stopwatch timestamp
    private long _suspectUntil; // Stopwatch timestamp
    private PendingRequest? _served; // the last one that had had to wait
    private bool _isResuming;

    /// <summary>What the client waits for: a fetch, or a long request; null when it waits for none.</summary>
    public IWaiting? Waiting { get; private set; }

    /// <summary>The request that this answers.</summary>
    public PendingRequest? Awaited { get; private set; }

    public string Description => _served?.Description ?? connection.Description;

    /// <summary>When the next request that has to wait is served. There is one of each connection in a lane at a time, so that one that has sent many waits for no longer than others.</summary>
    public LoopLane Lane() => _pacedUntil > Stopwatch.GetTimestamp() ? LoopLane.Paced : IsHeavy ? LoopLane.Late : LoopLane.InTurn;

    /// <summary>Whether the connection has used much more of the loop's time than its share.</summary>
    private bool IsHeavy => _used.Exceeds(limits.HeavyRequestTime);

    /// <summary>Handles a request, or keeps it until its time has come.</summary>
    public void Run(PendingRequest request)
    {
        var isNext = _parked.Count == 0 && !MustWait(request);
        if (isNext && Lane() == LoopLane.InTurn)
        {
            Handle(request);
            return;
        }
        _parked.Enqueue(request);
        if (isNext)
            Resume();
    }

    /// <summary>A request of the connection has taken so much of the processor's time.</summary>
    public void Took(TimeSpan time)
    {
        _used.Add(time);
        if (time <= limits.HeavyRequestTime)
            return;
        var now = Stopwatch.GetTimestamp();
        if (now < _suspectUntil)
            _pacedUntil = now + s_pacedFor;
        _suspectUntil = now + s_suspectFor;
    }

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
        _served = first;
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
