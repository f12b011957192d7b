using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>
/// A fetch that is not answered at once: it waits until enough bytes are there, something else is worth telling, or its time is over. Where it names many partitions, each look at them
/// goes on in turns with the requests of others.
/// </summary>
internal sealed class WaitingFetch(FetchRead read, BrokerCore core, WaitingFetches waiting, IClientSession session, Action<FetchResponse?> reply) : IWaiting, IStepwise
{
    private Dictionary<Partition, FetchTarget>? _partitions; // while it waits
    private TimerHandle? _timeout;
    private FetchLook? _look; // one that has not ended
    private bool _isAwaited;
    private bool _isQueued;
    private bool _isMissed; // something has moved while it looked
    private bool _isTimeUp;
    private bool _isDone;

    public required long MaxWaitMs { get; init; }

    /// <summary>Begins to look.</summary>
    public void Look(bool mustAnswer)
    {
        if (_isDone)
            return;
        if (_look is null)
        {
            (_look, _isMissed) = (read.Look(mustAnswer), false);
            Continue();
        }
        else
            (_isMissed, _isTimeUp) = (true, _isTimeUp | mustAnswer);
    }

    void IStepwise.Continue()
    {
        try
        {
            Continue();
        }
        catch
        {
            session.Close();
            Cancel();
            throw;
        }
    }

    /// <summary>Goes on with the look for a slice of time.</summary>
    private void Continue()
    {
        if (_isDone)
            return;
        core.Flushes.Complete(); // what was appended since the step before
        var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), core.Timers.Timestamp);
        var hasEnded = false;
        while (!hasEnded && core.Timers.Elapsed(started) < StepQueue.Slice)
            hasEnded = _look!.TryEnd();
        if (_isAwaited)
            session.Charge(GC.GetAllocatedBytesForCurrentThread() - before);
        if (hasEnded)
            End();
        else
        {
            core.Steps.Add(this);
            Await();
        }
    }

    /// <summary>Waits for the partitions to move, or for the end of its time.</summary>
    public void Wait()
    {
        _partitions = read.Partitions();
        _timeout = core.Timers.Schedule(core.Timers.NowMs + MaxWaitMs, TimeIsUp);
        foreach (var partition in _partitions.Keys)
            partition.Await(this);
        Await();
        session.GiveWay();
        if (read.IsLong)
            Look(mustAnswer: false); // what has moved behind the look that has just ended
    }

    /// <summary>Looked at again at the end of the loop's turn: many appends, one look.</summary>
    public void PartitionMoved(Partition partition)
    {
        if (_isQueued || !read.IsWorthALook(_partitions![partition]))
            return;
        _isQueued = true;
        waiting.Add(this);
    }

    public void TryComplete()
    {
        _isQueued = false;
        Look(mustAnswer: false);
    }

    public void Cancel()
    {
        if (!_isDone)
            Complete(null);
    }

    private void TimeIsUp() => Look(mustAnswer: true);

    private void End()
    {
        var response = _look!.Response;
        _look = null;
        if (response is not null)
            Complete(response);
        else if (_partitions is null)
            Wait();
        else if (_isMissed)
            Look(_isTimeUp);
    }

    private void Await()
    {
        if (_isAwaited)
            return;
        _isAwaited = true; // before: a client that is gone cancels at once
        session.Await(this);
    }

    private void Complete(FetchResponse? response)
    {
        _isDone = true;
        _look?.Drop();
        _timeout?.Cancel();
        foreach (var partition in _partitions?.Keys ?? Enumerable.Empty<Partition>())
            partition.Forget(this);
        reply(response);
        if (_isAwaited)
            session.EndWait();
    }
}

/// <summary>The waiting fetches to which something happened in this turn of the loop.</summary>
internal sealed class WaitingFetches
{
    private List<WaitingFetch> _moved = [];
    private List<WaitingFetch> _spare = [];

    public void Add(WaitingFetch fetch) => _moved.Add(fetch);

    public void CompleteReady()
    {
        if (_moved.Count == 0)
            return;
        (_moved, _spare) = (_spare, _moved);
        foreach (var fetch in _spare)
            fetch.TryComplete();
        _spare.Clear();
    }
}
