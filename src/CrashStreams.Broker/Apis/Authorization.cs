using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// Whether a user may make a request. One that names something which isn't the user's is refused as a whole; so is one that changes something when the user may only read.
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
        if (RequestNames.Of(request, topics) is not { } named)
            return ErrorCode.ClusterAuthorizationFailed;
        if (!named.Topics.All(topic => topic is null || access.Covers(topic)))
            return ErrorCode.TopicAuthorizationFailed;
        if (!named.Groups.All(access.Covers))
            return ErrorCode.GroupAuthorizationFailed;
        return named.Transactions.All(access.Covers) ? ErrorCode.None : ErrorCode.TransactionalIdAuthorizationFailed;
    }

    /// <summary>Leaves out of an answer what the user may not see: answers to questions for everything there is.</summary>
    public static void Filter(UserAccess access, IResponse? response)
    {
        if (access.TopicPrefix.Length == 0)
            return;
        switch (response)
        {
            case MetadataResponse metadata:
                metadata.Topics.RemoveAll(topic => topic.Name is { } name && !access.Covers(name));
                break;
            case DescribeLogDirsResponse dirs:
                dirs.Results.ForEach(dir => dir.Topics.RemoveAll(topic => !access.Covers(topic.Name)));
                break;
            case ListGroupsResponse groups:
                groups.Groups.RemoveAll(group => !access.Covers(group.GroupId));
                break;
            case ListTransactionsResponse transactions:
                transactions.TransactionStates.RemoveAll(transaction => !access.Covers(transaction.TransactionalId));
                break;
            // The user's groups and transactions, in which somebody who may do more may have used other topics.
            case OffsetFetchResponse offsets:
                offsets.Topics.RemoveAll(topic => !access.Covers(topic.Name));
                offsets.Groups.ForEach(group => group.Topics.RemoveAll(topic => topic.Name.Length > 0 && !access.Covers(topic.Name)));
                break;
            case ConsumerGroupDescribeResponse groups:
                groups.Groups.SelectMany(group => group.Members).ToList().ForEach(Filter);
                break;
            case DescribeTransactionsResponse transactions:
                transactions.TransactionStates.ForEach(transaction => transaction.Topics.RemoveAll(topic => !access.Covers(topic.Topic)));
                break;
            default:
                break;
        }

        void Filter(ConsumerGroupDescribeResponse.Member member)
        {
            member.SubscribedTopicNames.RemoveAll(topic => !access.Covers(topic));
            member.Assignment.TopicPartitions.RemoveAll(topic => !access.Covers(topic.TopicName));
            member.TargetAssignment.TopicPartitions.RemoveAll(topic => !access.Covers(topic.TopicName));
        }
    }

    private static ErrorCode ErrorOfChange(ApiKey api) => api switch
    {
        ApiKey.Produce or ApiKey.DeleteTopics or ApiKey.DeleteRecords or ApiKey.CreatePartitions or ApiKey.CreateTopics or ApiKey.AlterConfigs or ApiKey.IncrementalAlterConfigs
            => ErrorCode.TopicAuthorizationFailed,
        ApiKey.InitProducerId or ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn or ApiKey.TxnOffsetCommit => ErrorCode.TransactionalIdAuthorizationFailed,
        ApiKey.DeleteGroups or ApiKey.OffsetDelete => ErrorCode.GroupAuthorizationFailed,
        ApiKey.Fetch or ApiKey.ListOffsets or ApiKey.OffsetForLeaderEpoch or ApiKey.Metadata or ApiKey.ApiVersions or ApiKey.FindCoordinator => ErrorCode.None,
        ApiKey.JoinGroup or ApiKey.SyncGroup or ApiKey.Heartbeat or ApiKey.LeaveGroup or ApiKey.ConsumerGroupHeartbeat or ApiKey.OffsetCommit or ApiKey.OffsetFetch => ErrorCode.None,
        ApiKey.DescribeGroups or ApiKey.ConsumerGroupDescribe or ApiKey.ListGroups or ApiKey.DescribeConfigs or ApiKey.DescribeCluster or ApiKey.DescribeTopicPartitions
            or ApiKey.DescribeLogDirs or ApiKey.DescribeProducers or ApiKey.DescribeTransactions or ApiKey.ListTransactions or ApiKey.DescribeQuorum
            or ApiKey.ListPartitionReassignments => ErrorCode.None,
        // What is added to the protocol is a change until somebody has looked.
        _ => ErrorCode.ClusterAuthorizationFailed,
    };
}
