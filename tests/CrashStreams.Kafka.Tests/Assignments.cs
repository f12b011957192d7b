using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Records what a consumer is told of its assignment, and answers as the test wants.</summary>
public sealed class Assignments : IAssignmentListener
{
    public SortedSet<TopicPartition> Held { get; } = [];
    public List<string> Events { get; } = [];
    public Dictionary<TopicPartition, long> Starts { get; } = [];
    public Action<IReadOnlyCollection<TopicPartition>> OnRevoked { get; set; } = _ => { };

    public IReadOnlyDictionary<TopicPartition, long> Assigned(IReadOnlyCollection<TopicPartition> partitions)
    {
        Events.Add($"assigned {partitions.Count}");
        Held.UnionWith(partitions);
        return Starts;
    }

    public void Revoked(IReadOnlyCollection<TopicPartition> partitions)
    {
        OnRevoked(partitions);
        Events.Add($"revoked {partitions.Count}");
        Held.ExceptWith(partitions);
    }

    public void Lost(IReadOnlyCollection<TopicPartition> partitions)
    {
        Events.Add($"lost {partitions.Count}");
        Held.ExceptWith(partitions);
    }
}
