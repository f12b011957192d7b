using CrashStreams.Log;

namespace CrashStreams.Tests.Runtime;

/// <summary>A consumer to which its group gives nothing, unless the test does.</summary>
internal sealed class NoGroup(ILogConsumer inner) : ILogConsumer
{
    public object GroupIdentity => inner.GroupIdentity;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener)
    {
    }

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => inner.Assign(offsets);

    public LogBatch Poll(TimeSpan maxWait) => inner.Poll(maxWait);

    public void Wake() => inner.Wake();

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

    public void Seek(TopicPartition partition, long offset) => inner.Seek(partition, offset);

    public long EndOffset(TopicPartition partition) => inner.EndOffset(partition);

    public long Position(TopicPartition partition) => inner.Position(partition);

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => inner.Committed(partitions);

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => inner.Commit(offsets);

    public void Dispose() => inner.Dispose();
}
