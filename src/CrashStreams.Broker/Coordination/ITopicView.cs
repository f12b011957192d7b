using System.Diagnostics.CodeAnalysis;

namespace CrashStreams.Broker.Coordination;

/// <summary>The topics that exist, as the coordinators see them.</summary>
internal interface ITopicView
{
    /// <summary>Grows with every topic that comes, goes or gets partitions: while it stays, so does everything else here.</summary>
    long Version { get; }

    /// <summary>All topics that users can subscribe to; internal ones are left out.</summary>
    IEnumerable<TopicInfo> All { get; }

    bool TryGet(string name, [MaybeNullWhen(false)] out TopicInfo topic);

    bool TryGet(Guid id, [MaybeNullWhen(false)] out TopicInfo topic);
}

/// <summary>A topic: its identity, which a topic re-created under the same name doesn't share, and its size.</summary>
internal sealed record TopicInfo(Guid Id, string Name, int Partitions);

/// <summary>A partition by its topic's name, as offsets and transactions know it.</summary>
internal readonly record struct TopicPartition(string Topic, int Partition) : IComparable<TopicPartition>
{
    public int CompareTo(TopicPartition other)
    {
        var byTopic = string.CompareOrdinal(Topic, other.Topic);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }

    public override string ToString() => $"{Topic}-{Partition}";
}
