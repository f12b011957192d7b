using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The cluster, which is this one node, and its topics; creates missing topics when client and broker both allow it.</summary>
internal static class Metadata
{
    /// <summary>The first version in which the topic of an unknown id may have no name.</summary>
    private const short NoNameVersion = 12;

    public static IEnumerable<MetadataResponse?> Handle(MetadataRequest request, short version, BrokerCore core)
    {
        var node = core.Node;
        var response = new MetadataResponse
        {
            Brokers = [new() { NodeId = node.Id, Host = node.Host, Port = node.Port }],
            ClusterId = core.Topics.ClusterId,
            ControllerId = node.Id,
        };
        var budget = new AnswerBudget(core.Options.Limits.AnswerBytes);
        // An empty list means all topics in version 0, and none since version 1.
        var wantsAll = request.Topics is null || (version == 0 && request.Topics.Count == 0);
        var topics = wantsAll
            ? core.Topics.Topics.ToList().Select(topic => Describe(topic, core.Node.Id, budget))
            : request.Topics!.DistinctBy(topic => (topic.Name, topic.TopicId)).Select(topic => Find(topic, version, request.AllowAutoTopicCreation, core, budget));
        foreach (var topic in topics)
        {
            response.Topics.Add(topic);
            yield return null;
        }
        yield return response;
    }

    private static MetadataResponse.MetadataResponseTopic Find(
        MetadataRequest.MetadataRequestTopic wanted, short version, bool mayCreate, BrokerCore core, AnswerBudget budget)
    {
        // A client that asks by id leaves the name null or, as Java's does, empty.
        if (wanted.TopicId != Guid.Empty || wanted.Name is null)
            return core.Topics.Find(wanted.TopicId) is { } byId
                ? Describe(byId, core.Node.Id, budget)
                : new() { ErrorCode = ErrorCode.UnknownTopicId, Name = version >= NoNameVersion ? null : "", TopicId = wanted.TopicId };
        if (core.Topics.Find(wanted.Name) is { } topic)
            return Describe(topic, core.Node.Id, budget);
        if (!TopicName.IsValid(wanted.Name))
            return new() { ErrorCode = ErrorCode.InvalidTopicException, Name = wanted.Name };
        if (!mayCreate || TopicName.IsReserved(wanted.Name) || !core.Options.AutoCreateTopics || !core.HasRoomFor(core.Options.DefaultPartitions))
            return new() { ErrorCode = ErrorCode.UnknownTopicOrPartition, Name = wanted.Name };
        return Describe(core.Topics.Create(wanted.Name, core.Options.DefaultPartitions, TopicConfigs.None), core.Node.Id, budget);
    }

    private static MetadataResponse.MetadataResponseTopic Describe(Topic topic, int nodeId, AnswerBudget budget)
    {
        if (!budget.TryTake(topic))
            return new() { Name = topic.Name, TopicId = topic.Id, ErrorCode = ErrorCode.InvalidRequest };
        List<int> thisNode = [nodeId];
        return new()
        {
            Name = topic.Name,
            TopicId = topic.Id,
            Partitions = topic.Partitions.ConvertAll(partition => new MetadataResponse.MetadataResponsePartition
            {
                PartitionIndex = partition.Index,
                LeaderId = nodeId,
                LeaderEpoch = 0,
                ReplicaNodes = thisNode,
                IsrNodes = thisNode,
            }),
        };
    }
}
