using CrashStreams.Log;

namespace CrashStreams.Tests.Simulation;

/// <summary>Reads nothing of a partition that it is first told to read from its middle: in memory, only warm copies begin there.</summary>
internal sealed class TailSkippingConsumer(ILogConsumer inner, ILogAdmin admin) : ILogConsumer
{
    private readonly HashSet<TopicPartition> _known = [];

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        _known.IntersectWith(offsets.Keys);
        inner.Assign(offsets.ToDictionary(o => o.Key, o => _known.Add(o.Key) && o.Value > 0
            ? admin.OffsetsAsync([o.Key], CancellationToken.None).GetAwaiter().GetResult()[o.Key].End
            : o.Value));
    }

    public LogBatch Poll(TimeSpan maxWait) => inner.Poll(maxWait);

    public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

    public long Position(TopicPartition partition) => inner.Position(partition);

    public void Wake() => inner.Wake();

    public void Dispose() => inner.Dispose();

    public object GroupIdentity => inner.GroupIdentity;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener) => inner.Subscribe(topics, listener);

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

    public void Seek(TopicPartition partition, long offset) => inner.Seek(partition, offset);

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => inner.Committed(partitions);

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => inner.Commit(offsets);
}
