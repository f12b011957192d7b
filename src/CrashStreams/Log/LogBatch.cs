namespace CrashStreams.Log;

/// <summary>
/// What one poll brought. The consumer owns and reuses it: it and its records are valid until the next poll.
/// Records of one partition come in the order of their offsets.
/// </summary>
public abstract class LogBatch
{
    /// <summary>The number of records.</summary>
    public abstract int Count { get; }

    /// <summary>The record at a position from 0 to <see cref="Count"/> - 1.</summary>
    public abstract LogRecord this[int index] { get; }

    /// <summary>
    /// The partitions that <see cref="LogRecord.PartitionIndex"/> points into. An index keeps its meaning for the consumer's life,
    /// so that a reader can look up its own per-partition state in an array.
    /// </summary>
    public abstract IReadOnlyList<TopicPartition> Partitions { get; }
}
