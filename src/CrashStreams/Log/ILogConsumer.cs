namespace CrashStreams.Log;

/// <summary>Reads partitions in batches. Used by one thread.</summary>
public interface ILogConsumer : IDisposable
{
    /// <summary>
    /// Joins the group and receives partitions of these topics. Changes of the assignment are told from within <see cref="Poll"/>.
    /// An assigned partition starts at its committed offset, else at the earliest one.
    /// </summary>
    void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener);

    /// <summary>
    /// Asks the group now whether the assignment is to change, instead of with the next heartbeat, which may be seconds away. The answer comes from within <see cref="Poll"/>. By default, and
    /// where a group needs no asking, nothing happens.
    /// </summary>
    void AskGroup()
    {
    }

    /// <summary>Reads exactly these partitions from these offsets, without a group. Replaces an earlier call.</summary>
    void Assign(IReadOnlyDictionary<TopicPartition, long> offsets);

    /// <summary>
    /// The next records, or an empty batch when none came within <paramref name="maxWait"/> (zero: do not wait).
    /// </summary>
    /// <exception cref="LogException">The log can't be read; <see cref="LogException.IsFatal"/> tells whether trying again makes sense.</exception>
    LogBatch Poll(TimeSpan maxWait);

    /// <summary>
    /// Ends the wait of a running <see cref="Poll"/>, or of the next one. The only member that other threads may call; not after the consumer was disposed of.
    /// </summary>
    void Wake();

    /// <summary>Stops fetching these assigned partitions; records already fetched are not delivered either.</summary>
    void Pause(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Goes on fetching these partitions from where they stood.</summary>
    void Resume(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Sets the offset that is read next from an assigned partition.</summary>
    void Seek(TopicPartition partition, long offset);

    /// <summary>
    /// The end of the partition as last heard from the broker (high watermark; last stable offset when reading committed), without a
    /// request; -1 while unknown. A reader whose position has reached it is caught up.
    /// </summary>
    long EndOffset(TopicPartition partition);

    /// <summary>
    /// The offset after the last record that polls have delivered or skipped over (control records, gaps), -1 while unknown.
    /// </summary>
    long Position(TopicPartition partition);

    /// <summary>The committed offsets of these partitions of the group; a partition without one is missing in the answer.</summary>
    IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Commits offsets for the group and waits for the answer.</summary>
    /// <exception cref="LogException">They were not committed; <see cref="LogException.IsFenced"/> when a rebalance took the partitions.</exception>
    void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets);

    /// <summary>
    /// The consumer's identity in its group at this moment, for a transactional producer's commit.
    /// An opaque token that <see cref="ILogProducer.CommitTransaction"/> of the same client understands.
    /// </summary>
    object GroupIdentity { get; }
}

/// <summary>Hears of changes of a consumer's assignment, from within its poll.</summary>
public interface IAssignmentListener
{
    /// <summary>
    /// Partitions were added; none, when the group has none to give. The listener answers the offsets at which to start; a partition that it leaves out starts at its committed offset.
    /// </summary>
    IReadOnlyDictionary<TopicPartition, long> Assigned(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Partitions are about to be taken away: the last chance to commit for them.</summary>
    void Revoked(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Partitions are gone already (session expired): nothing may be committed for them.</summary>
    void Lost(IReadOnlyCollection<TopicPartition> partitions);
}
