using System.Diagnostics;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Server;

/// <summary>
/// When the requests of one connection are handled. In their order always; not while a fetch of the connection waits (its answer comes first anyway, and
/// Apache Kafka does not even read them before); not while unsent answers hold too much memory; and after the requests of others when they take long.
/// All of it belongs to the loop.
/// </summary>
internal sealed class ConnectionTurn(ClientConnection connection, BrokerLoop loop, Limits limits) : ILoopItem
{
    private static readonly long s_heavyFor = Stopwatch.Frequency; // 1 s after the last long request
    private readonly long _heavyNanoseconds = limits.HeavyRequestTime.Ticks * TimeSpan.NanosecondsPerTick;
    private readonly Queue<PendingRequest> _parked = new();
    private long _heavyUntil;
    private int _late; // requests that wait for those of others
    private bool _isResuming;

    /// <summary>What the client waits for: a fetch, or a long request; null when it waits for none.</summary>
    public IWaiting? Waiting { get; private set; }

    /// <summary>The request that this answers.</summary>
    public PendingRequest? Awaited { get; private set; }

    public string Description => $"requests of {connection.Description} that had to wait";

    /// <summary>Whether the connection's next request is served after those of others. Once one is, all that follow are, so that the order stays.</summary>
    public bool MakesWay()
    {
        if (_late == 0 && !IsHeavy)
            return false;
        _late++;
        return true;
    }

    bool ILoopItem.MakesWay() => IsHeavy;

    private bool IsHeavy => _heavyUntil > 0 && Stopwatch.GetTimestamp() < _heavyUntil;

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
    public void Took(long nanoseconds)
    {
        if (nanoseconds > _heavyNanoseconds)
            _heavyUntil = Stopwatch.GetTimestamp() + s_heavyFor;
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
