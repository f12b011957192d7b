using CrashStreams.Broker.Fetching;
using CrashStreams.Broker.Log;

namespace CrashStreams.Broker.Topics;

/// <summary>A partition: its log, and the fetches that wait for it to grow.</summary>
internal sealed class Partition
{
    private readonly HashSet<WaitingFetch> _waiting = [];

    public Partition(string topic, Guid topicId, int index, PartitionLog log)
    {
        (Topic, TopicId, Index, Log) = (topic, topicId, index, log);
        log.Appended = Moved;
        log.LastStableOffsetMoved = Moved;
    }

    public string Topic { get; }

    public Guid TopicId { get; }

    public int Index { get; }

    public PartitionLog Log { get; }

    /// <summary>Fetches that wait for it.</summary>
    public int WaitingCount => _waiting.Count;

    public void Await(WaitingFetch fetch) => _waiting.Add(fetch);

    public void Forget(WaitingFetch fetch) => _waiting.Remove(fetch);

    /// <summary>The log end, the last stable offset or the log start has moved, or the partition is gone.</summary>
    public void Moved()
    {
        foreach (var fetch in _waiting)
            fetch.PartitionMoved(this);
    }

    public override string ToString() => $"{Topic}-{Index}";
}
