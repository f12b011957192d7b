namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>A partition by its topic's identity, as KIP-848 assignments know it.</summary>
internal readonly record struct TopicIdPartition(Guid TopicId, int Partition) : IComparable<TopicIdPartition>
{
    public int CompareTo(TopicIdPartition other)
    {
        var byTopic = TopicId.CompareTo(other.TopicId);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }
}
