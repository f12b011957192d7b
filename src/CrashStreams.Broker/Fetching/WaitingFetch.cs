using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>A fetch that waits until enough bytes are there, something else is worth telling, or its time is over.</summary>
internal sealed class WaitingFetch(FetchRead read, Dictionary<Partition, FetchTarget> partitions, WaitingFetches waiting, IClientSession session, Action<FetchResponse?> reply) : IWaiting
{
    private bool _isQueued;
    private bool _isDone;

    public TimerHandle? Timeout { get; set; }

    /// <summary>Looked at again at the end of the loop's turn: many appends, one look.</summary>
    public void PartitionMoved(Partition partition)
    {
        if (_isQueued || !read.IsWorthALook(partitions[partition]))
            return;
        _isQueued = true;
        waiting.Add(this);
    }

    public void TryComplete()
    {
        _isQueued = false;
        TryAnswer(mustAnswer: false);
    }

    public void TimeIsUp() => TryAnswer(mustAnswer: true);

    private void TryAnswer(bool mustAnswer)
    {
        if (_isDone)
            return;
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (read.TryRead(mustAnswer) is not { } response)
            return;
        session.Charge(GC.GetAllocatedBytesForCurrentThread() - before);
        Complete(response);
    }

    public void Cancel()
    {
        if (!_isDone)
            Complete(null);
    }

    private void Complete(FetchResponse? response)
    {
        _isDone = true;
        Timeout?.Cancel();
        foreach (var partition in partitions.Keys)
            partition.Forget(this);
        reply(response);
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
