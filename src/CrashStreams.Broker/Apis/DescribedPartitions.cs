using System.Runtime.CompilerServices;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// Partitions as Metadata shows them. One node has all of them, so they differ in their index only, and every topic and answer shares them: an object for each partition of each
/// answer was what an answer about thousands of partitions cost. Lists are never changed, because answers are written on other threads.
/// </summary>
internal sealed class DescribedPartitions(int nodeId)
{
    private readonly List<int> _thisNode = [nodeId];
    private readonly List<MetadataResponse.MetadataResponsePartition> _byIndex = [];
    private readonly ConditionalWeakTable<Topic, List<MetadataResponse.MetadataResponsePartition>> _ofTopic = [];

    /// <summary>A topic's partitions. Belongs to the loop.</summary>
    public List<MetadataResponse.MetadataResponsePartition> Of(Topic topic)
    {
        if (_ofTopic.TryGetValue(topic, out var known) && known.Count == topic.Partitions.Count)
            return known;
        for (var index = _byIndex.Count; index < topic.Partitions.Count; index++)
            _byIndex.Add(new() { PartitionIndex = index, LeaderId = nodeId, LeaderEpoch = 0, ReplicaNodes = _thisNode, IsrNodes = _thisNode });
        var described = _byIndex[..topic.Partitions.Count];
        _ofTopic.AddOrUpdate(topic, described);
        return described;
    }
}
