using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// A group member that speaks KIP-848's protocol where the broker has it and the classic one otherwise. The broker's answer to the
/// first heartbeat tells; nothing was assigned before it, so the consumer can be replaced.
/// </summary>
internal sealed class NegotiatingConsumer(Func<GroupProtocol, KafkaConsumer> create) : ILogConsumer
{
    // Held while the consumer is replaced, and by threads that wake it.
    private readonly Lock _replacing = new();
    private KafkaConsumer _consumer = create(GroupProtocol.Consumer);
    private (IReadOnlyCollection<string> Topics, IAssignmentListener Listener)? _subscription;
    private bool _isSettled;

    public object GroupIdentity => _consumer.GroupIdentity;

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener)
    {
        _subscription = (topics, listener);
        _consumer.Subscribe(topics, listener);
    }

    public void AskGroup() => _consumer.AskGroup();

    public LogBatch Poll(TimeSpan maxWait)
    {
        try
        {
            return _consumer.Poll(maxWait);
        }
        catch (LogException) when (!_isSettled && _consumer.LacksGroupProtocol && _subscription is not null)
        {
            _isSettled = true;
            lock (_replacing)
            {
                _consumer.Dispose();
                _consumer = create(GroupProtocol.Classic);
            }

            _consumer.Subscribe(_subscription.Value.Topics, _subscription.Value.Listener);
            return _consumer.Poll(maxWait);
        }
    }

    public void Wake()
    {
        lock (_replacing)
            _consumer.Wake();
    }

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets) => _consumer.Assign(offsets);

    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => _consumer.Pause(partitions);

    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => _consumer.Resume(partitions);

    public void Seek(TopicPartition partition, long offset) => _consumer.Seek(partition, offset);

    public long EndOffset(TopicPartition partition) => _consumer.EndOffset(partition);

    public long Position(TopicPartition partition) => _consumer.Position(partition);

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions) => _consumer.Committed(partitions);

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets) => _consumer.Commit(offsets);

    public void Dispose() => _consumer.Dispose();
}
