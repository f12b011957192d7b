using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The cluster, which is this one node, and its topics; creates missing topics when client and broker both allow it.</summary>
internal static class Metadata
{
    /// <summary>The first version in which the topic of an unknown id may have no name.</summary>
    private const short NoNameVersion = 12;

    public static MetadataResponse Handle(MetadataRequest request, short version, BrokerCore core)
    {
        var node = core.Node;
        return new MetadataResponse
        {
            Brokers = [new() { NodeId = node.Id, Host = node.Host, Port = node.Port }],
            ClusterId = core.Topics.ClusterId,
            ControllerId = node.Id,
            Topics = Topics(request, version, core),
        };
    }

    private static List<MetadataResponse.MetadataResponseTopic> Topics(MetadataRequest request, short version, BrokerCore core)
    {
        // An empty list means all topics in version 0, and none since version 1.
        if (request.Topics is null || version == 0 && request.Topics.Count == 0)
            return [.. core.Topics.Topics.Select(topic => Describe(topic, core.Node.Id))];
        return request.Topics.ConvertAll(topic => Find(topic, version, request.AllowAutoTopicCreation, core));
    }

    private static MetadataResponse.MetadataResponseTopic Find(MetadataRequest.MetadataRequestTopic wanted, short version, bool mayCreate, BrokerCore core)
    {
        // A client that asks by id leaves the name null or, as Java's does, empty.
        if (wanted.TopicId != Guid.Empty || wanted.Name is null)
            return core.Topics.Find(wanted.TopicId) is { } byId
                ? Describe(byId, core.Node.Id)
                : new() { ErrorCode = ErrorCode.UnknownTopicId, Name = version >= NoNameVersion ? null : "", TopicId = wanted.TopicId };
        if (core.Topics.Find(wanted.Name) is { } topic)
            return Describe(topic, core.Node.Id);
        if (!TopicName.IsValid(wanted.Name))
            return new() { ErrorCode = ErrorCode.InvalidTopicException, Name = wanted.Name };
        if (!mayCreate || !core.Options.AutoCreateTopics || !core.HasRoomFor(core.Options.DefaultPartitions))
            return new() { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = wanted.Name };
        return Describe(core.Topics.Create(wanted.Name, core.Options.DefaultPartitions, TopicConfigs.None), core.Node.Id);
    }

    private static MetadataResponse.MetadataResponseTopic Describe(Topic topic, int nodeId) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        Partitions = topic.Partitions.ConvertAll(partition => new MetadataResponse.MetadataResponsePartition
        {
            PartitionIndex = partition.Index,
            LeaderId = nodeId,
            LeaderEpoch = 0,
            ReplicaNodes = [nodeId],
            IsrNodes = [nodeId],
        }),
    };
}
