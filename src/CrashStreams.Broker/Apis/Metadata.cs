using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The cluster, which is this one node, and its topics; creates missing topics when client and broker both allow it.</summary>
internal static class Metadata
{
    /// <summary>The first version in which the topic of an unknown id may have no name.</summary>
    private const short NoNameVersion = 12;

    public static IEnumerable<MetadataResponse?> Handle(MetadataRequest request, short version, UserAccess access, BrokerCore core, StepWaits waits)
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
        if (request.Topics is null || (version == 0 && request.Topics.Count == 0))
        {
            foreach (var topic in core.Topics.Topics.ToList())
            {
                response.Topics.Add(Describe(topic, core.DescribedPartitions, budget));
                yield return null;
            }
            yield return response;
            yield break;
        }
        var mayCreate = request.AllowAutoTopicCreation && core.Options.AutoCreateTopics && !access.IsReadOnly;
        foreach (var wanted in request.Topics.DistinctBy(topic => (topic.Name, topic.TopicId)))
        {
            if (mayCreate && CanCreate(wanted, core))
            {
                var created = waits.For<Topic?>(answer => core.Topics.Create(wanted.Name!, core.Options.DefaultPartitions, TopicConfigs.None, (topic, _) => answer(topic)));
                yield return null;
                response.Topics.Add(created.Result is { } topic ? Describe(topic, core.DescribedPartitions, budget) : new() { Name = wanted.Name, ErrorCode = ErrorCode.KafkaStorageError });
            }
            else
                response.Topics.Add(Find(wanted, version, core, budget));
            yield return null;
        }
        yield return response;
    }

    private static bool CanCreate(MetadataRequest.MetadataRequestTopic wanted, BrokerCore core) =>
        wanted is { TopicId: var id, Name: { } name } && id == Guid.Empty && TopicName.IsValid(name) && !TopicName.IsReserved(name) && !core.Topics.IsTaken(name)
        && core.HasRoomFor(core.Options.DefaultPartitions);

    private static MetadataResponse.MetadataResponseTopic Find(MetadataRequest.MetadataRequestTopic wanted, short version, BrokerCore core, AnswerBudget budget)
    {
        if (core.Topics.Find(wanted.Name, wanted.TopicId) is { } topic)
            return Describe(topic, core.DescribedPartitions, budget);
        // A client that asks by id leaves the name null or, as Java's does, empty.
        if (wanted.TopicId != Guid.Empty || wanted.Name is null)
            return new() { ErrorCode = ErrorCode.UnknownTopicId, Name = version >= NoNameVersion ? null : "", TopicId = wanted.TopicId };
        if (!TopicName.IsValid(wanted.Name))
            return new() { ErrorCode = ErrorCode.InvalidTopicException, Name = wanted.Name };
        // One that is being created will be there when the client asks again.
        return new() { ErrorCode = core.Topics.IsTaken(wanted.Name) ? ErrorCode.LeaderNotAvailable : ErrorCode.UnknownTopicOrPartition, Name = wanted.Name };
    }

    private static MetadataResponse.MetadataResponseTopic Describe(Topic topic, DescribedPartitions partitions, AnswerBudget budget)
    {
        if (!budget.TryTake(topic))
            return new() { Name = topic.Name, TopicId = topic.Id, ErrorCode = ErrorCode.InvalidRequest };
        return new() { Name = topic.Name, TopicId = topic.Id, Partitions = partitions.Of(topic) };
    }
}
