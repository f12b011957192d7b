using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// Whether a user may make a request. One that names a topic which isn't the user's is refused as a whole; so is one that changes something when the user may only read.
/// </summary>
internal static class Authorization
{
    /// <summary>Why a request is refused; None when it isn't.</summary>
    public static ErrorCode Check(UserAccess access, ApiKey api, object request, TopicCatalog topics)
    {
        if (access.IsReadOnly && ErrorOfChange(api) is var error and not ErrorCode.None)
            return error;
        if (access.TopicPrefix.Length == 0)
            return ErrorCode.None;
        // Between brokers, or for operators: nothing in them says which topics they concern.
        if (api is ApiKey.WriteTxnMarkers or ApiKey.ElectLeaders or ApiKey.DescribeQuorum)
            return ErrorCode.ClusterAuthorizationFailed;
        return TopicsOf(request, topics).All(topic => topic is null || topic.StartsWith(access.TopicPrefix, StringComparison.Ordinal)) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed;
    }

    /// <summary>Leaves out of an answer what the user may not see: answers to questions for all topics.</summary>
    public static void Filter(UserAccess access, IResponse? response)
    {
        if (access.TopicPrefix.Length == 0)
            return;
        switch (response)
        {
            case MetadataResponse metadata:
                metadata.Topics.RemoveAll(topic => topic.Name is { } name && !IsVisible(name));
                break;
            case DescribeTopicPartitionsResponse described:
                described.Topics.RemoveAll(topic => topic.Name is { } name && !IsVisible(name));
                break;
            case DescribeLogDirsResponse dirs:
                dirs.Results.ForEach(dir => dir.Topics.RemoveAll(topic => !IsVisible(topic.Name)));
                break;
            case OffsetFetchResponse offsets:
                offsets.Topics.RemoveAll(topic => !IsVisible(topic.Name));
                offsets.Groups.ForEach(group => group.Topics.RemoveAll(topic => topic.Name.Length > 0 && !IsVisible(topic.Name)));
                break;
            default:
                break;
        }

        bool IsVisible(string topic) => topic.StartsWith(access.TopicPrefix, StringComparison.Ordinal);
    }

    private static ErrorCode ErrorOfChange(ApiKey api) => api switch
    {
        ApiKey.Produce or ApiKey.DeleteTopics or ApiKey.DeleteRecords or ApiKey.CreatePartitions or ApiKey.CreateTopics or ApiKey.AlterConfigs or ApiKey.IncrementalAlterConfigs
            => ErrorCode.TopicAuthorizationFailed,
        ApiKey.InitProducerId or ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn or ApiKey.TxnOffsetCommit => ErrorCode.TransactionalIdAuthorizationFailed,
        ApiKey.DeleteGroups or ApiKey.OffsetDelete => ErrorCode.GroupAuthorizationFailed,
        ApiKey.WriteTxnMarkers or ApiKey.ElectLeaders => ErrorCode.ClusterAuthorizationFailed,
        _ => ErrorCode.None,
    };

    /// <summary>The topics that a request names, by name or by id; null for an id that is not known, which has its own error.</summary>
    private static IEnumerable<string?> TopicsOf(object request, TopicCatalog topics) => request switch
    {
        ProduceRequest produce => produce.TopicData.Select(topic => NameOf(topic.Name, topic.TopicId, topics)),
        FetchRequest fetch => fetch.Topics.Select(topic => NameOf(topic.Topic, topic.TopicId, topics)),
        ListOffsetsRequest list => list.Topics.Select(topic => topic.Name),
        OffsetForLeaderEpochRequest epoch => epoch.Topics.Select(topic => topic.Topic),
        DeleteRecordsRequest delete => delete.Topics.Select(topic => topic.Name),
        MetadataRequest metadata => (metadata.Topics ?? []).Select(topic => NameOf(topic.Name, topic.TopicId, topics)),
        CreateTopicsRequest create => create.Topics.Select(topic => topic.Name),
        DeleteTopicsRequest delete => delete.TopicNames.Concat(delete.Topics.Select(topic => NameOf(topic.Name, topic.TopicId, topics)!)),
        CreatePartitionsRequest create => create.Topics.Select(topic => topic.Name),
        DescribeConfigsRequest describe => describe.Resources.Where(resource => resource.ResourceType == DescribeConfigs.TopicResource).Select(resource => resource.ResourceName),
        AlterConfigsRequest alter => alter.Resources.Select(resource => resource.ResourceName),
        IncrementalAlterConfigsRequest alter => alter.Resources.Select(resource => resource.ResourceName),
        DescribeTopicPartitionsRequest describe => describe.Topics.Select(topic => topic.Name),
        DescribeProducersRequest describe => describe.Topics.Select(topic => topic.Name),
        OffsetCommitRequest commit => commit.Topics.Select(topic => NameOf(topic.Name, topic.TopicId, topics)),
        OffsetDeleteRequest delete => delete.Topics.Select(topic => topic.Name),
        TxnOffsetCommitRequest commit => commit.Topics.Select(topic => topic.Name),
        OffsetFetchRequest fetch => (fetch.Topics ?? []).Select(topic => topic.Name)
            .Concat(fetch.Groups.SelectMany(group => group.Topics ?? []).Select(topic => NameOf(topic.Name, topic.TopicId, topics)!)),
        AddPartitionsToTxnRequest add => add.V3AndBelowTopics.Concat(add.Transactions.SelectMany(transaction => transaction.Topics)).Select(topic => topic.Name),
        ConsumerGroupHeartbeatRequest heartbeat => heartbeat.SubscribedTopicNames ?? [],
        _ => [],
    };

    private static string? NameOf(string? name, Guid id, TopicCatalog topics) => id == Guid.Empty ? name : topics.Find(id)?.Name;
}
