namespace CrashStreams.Log;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition) : IComparable<TopicPartition>
{
    /// <summary>Orders by topic name (ordinal), then by partition.</summary>
    public int CompareTo(TopicPartition other)
    {
        var byTopic = string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    /// <summary>The usual short form, <c>topic-3</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}

/// <summary>A position in a partition, with what the application keeps beside it.</summary>
/// <param name="Offset">The offset of the next record to read.</param>
/// <param name="Metadata">Free text stored with the offset (watermarks); at most 4096 bytes on a default Kafka.</param>
public readonly record struct OffsetAndMetadata(long Offset, string Metadata);
