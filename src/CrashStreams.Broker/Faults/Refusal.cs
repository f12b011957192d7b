using CrashStreams.Broker.Apis;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Faults;

/// <summary>Answers that say only an error, in the place where each API's clients look for it.</summary>
internal static class Refusal
{
    private const short FirstVersionOfManyGroups = 8;
    private const short FirstVersionOfManyTransactions = 4;

    public static bool Supports(ApiKey api) => api is ApiKey.Produce or ApiKey.Fetch or ApiKey.FindCoordinator or ApiKey.JoinGroup or ApiKey.SyncGroup
        or ApiKey.Heartbeat or ApiKey.OffsetCommit or ApiKey.OffsetFetch or ApiKey.InitProducerId or ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn
        or ApiKey.EndTxn or ApiKey.TxnOffsetCommit or ApiKey.ListOffsets or ApiKey.CreateTopics or ApiKey.ConsumerGroupHeartbeat;

    public static IResponse Of(object request, short version, ErrorCode error) =>
        TryOf(request, version, error) ?? throw new ArgumentException($"{request.GetType().Name} has no answer that says only an error.");

    /// <summary>The answer that says only an error; null when the API has no place for it.</summary>
    public static IResponse? TryOf(object request, short version, ErrorCode error) => request switch
    {
        PreparedProduce produce => Produce(produce.Request, error),
        FetchRequest fetch => Fetch(fetch, error),
        FindCoordinatorRequest find => new FindCoordinatorResponse
        {
            ErrorCode = error,
            NodeId = -1,
            Port = -1,
            Coordinators = find.CoordinatorKeys.ConvertAll(key => new FindCoordinatorResponse.Coordinator { Key = key, ErrorCode = error, NodeId = -1, Port = -1 }),
        },
        JoinGroupRequest join => new JoinGroupResponse { ErrorCode = error, MemberId = join.MemberId, ProtocolName = "" },
        SyncGroupRequest => new SyncGroupResponse { ErrorCode = error },
        HeartbeatRequest => new HeartbeatResponse { ErrorCode = error },
        ConsumerGroupHeartbeatRequest => new ConsumerGroupHeartbeatResponse { ErrorCode = error },
        OffsetCommitRequest commit => OffsetCommit(commit, error),
        OffsetFetchRequest fetch => OffsetFetch(fetch, version, error),
        InitProducerIdRequest => new InitProducerIdResponse { ErrorCode = error, ProducerId = -1, ProducerEpoch = -1 },
        AddPartitionsToTxnRequest add => AddPartitions(add, version, error),
        AddOffsetsToTxnRequest => new AddOffsetsToTxnResponse { ErrorCode = error },
        EndTxnRequest => new EndTxnResponse { ErrorCode = error },
        TxnOffsetCommitRequest commit => TxnOffsetCommit(commit, error),
        ListOffsetsRequest list => ListOffsets(list, error),
        CreateTopicsRequest create => new CreateTopicsResponse
        {
            Topics = create.Topics.ConvertAll(topic => new CreateTopicsResponse.CreatableTopicResult { Name = topic.Name, ErrorCode = error }),
        },
        MetadataRequest metadata => new MetadataResponse
        {
            Topics = (metadata.Topics ?? []).ConvertAll(topic => new MetadataResponse.MetadataResponseTopic { Name = topic.Name ?? "", TopicId = topic.TopicId, ErrorCode = error }),
        },
        DeleteTopicsRequest delete => new DeleteTopicsResponse
        {
            Responses = [.. delete.TopicNames.Select(name => new DeleteTopicsResponse.DeletableTopicResult { Name = name, ErrorCode = error }),
                .. delete.Topics.Select(topic => new DeleteTopicsResponse.DeletableTopicResult { Name = topic.Name, TopicId = topic.TopicId, ErrorCode = error })],
        },
        CreatePartitionsRequest create => new CreatePartitionsResponse
        {
            Results = create.Topics.ConvertAll(topic => new CreatePartitionsResponse.CreatePartitionsTopicResult { Name = topic.Name, ErrorCode = error }),
        },
        DeleteRecordsRequest delete => new DeleteRecordsResponse
        {
            Topics = delete.Topics.ConvertAll(topic => new DeleteRecordsResponse.DeleteRecordsTopicResult
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(partition => new DeleteRecordsResponse.DeleteRecordsPartitionResult { PartitionIndex = partition.PartitionIndex, LowWatermark = -1, ErrorCode = error }),
            }),
        },
        AlterConfigsRequest alter => new AlterConfigsResponse
        {
            Responses = alter.Resources.ConvertAll(resource => new AlterConfigsResponse.AlterConfigsResourceResponse { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error }),
        },
        IncrementalAlterConfigsRequest alter => new IncrementalAlterConfigsResponse
        {
            Responses = alter.Resources.ConvertAll(resource => new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error }),
        },
        DescribeConfigsRequest describe => new DescribeConfigsResponse
        {
            Results = describe.Resources.ConvertAll(resource => new DescribeConfigsResponse.DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorCode = error }),
        },
        DeleteGroupsRequest delete => new DeleteGroupsResponse
        {
            Results = delete.GroupsNames.ConvertAll(group => new DeleteGroupsResponse.DeletableGroupResult { GroupId = group, ErrorCode = error }),
        },
        OffsetDeleteRequest => new OffsetDeleteResponse { ErrorCode = error },
        LeaveGroupRequest => new LeaveGroupResponse { ErrorCode = error },
        DescribeGroupsRequest describe => new DescribeGroupsResponse { Groups = describe.Groups.ConvertAll(group => new DescribeGroupsResponse.DescribedGroup { GroupId = group, ErrorCode = error }) },
        ConsumerGroupDescribeRequest describe => new ConsumerGroupDescribeResponse
        {
            Groups = describe.GroupIds.ConvertAll(group => new ConsumerGroupDescribeResponse.DescribedGroup { GroupId = group, ErrorCode = error }),
        },
        DescribeTransactionsRequest describe => new DescribeTransactionsResponse
        {
            TransactionStates = describe.TransactionalIds.ConvertAll(id => new DescribeTransactionsResponse.TransactionStateData { TransactionalId = id, ErrorCode = error }),
        },
        _ => null,
    };

    private static ProduceResponse Produce(ProduceRequest request, ErrorCode error) => new()
    {
        Responses = request.TopicData.ConvertAll(topic => new ProduceResponse.TopicProduceResponse
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            PartitionResponses = topic.PartitionData.ConvertAll(partition =>
                new ProduceResponse.PartitionProduceResponse { Index = partition.Index, ErrorCode = error, BaseOffset = -1 }),
        }),
    };

    private static FetchResponse Fetch(FetchRequest request, ErrorCode error) => new()
    {
        Responses = request.Topics.ConvertAll(topic => new FetchResponse.FetchableTopicResponse
        {
            Topic = topic.Topic,
            TopicId = topic.TopicId,
            Partitions = topic.Partitions.ConvertAll(partition =>
                new FetchResponse.PartitionData { PartitionIndex = partition.Partition, ErrorCode = error, HighWatermark = -1, Records = RecordsField.Empty }),
        }),
    };

    private static OffsetCommitResponse OffsetCommit(OffsetCommitRequest request, ErrorCode error) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new OffsetCommitResponse.OffsetCommitResponseTopic
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            Partitions = topic.Partitions.ConvertAll(partition =>
                new OffsetCommitResponse.OffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex, ErrorCode = error }),
        }),
    };

    private static OffsetFetchResponse OffsetFetch(OffsetFetchRequest request, short version, ErrorCode error) => version < FirstVersionOfManyGroups
        ? new OffsetFetchResponse { ErrorCode = error }
        : new OffsetFetchResponse
        {
            Groups = request.Groups.ConvertAll(group => new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = group.GroupId, ErrorCode = error }),
        };

    private static AddPartitionsToTxnResponse AddPartitions(AddPartitionsToTxnRequest request, short version, ErrorCode error) =>
        version >= FirstVersionOfManyTransactions
            ? new AddPartitionsToTxnResponse { ErrorCode = error }
            : new AddPartitionsToTxnResponse
            {
                ResultsByTopicV3AndBelow = request.V3AndBelowTopics.ConvertAll(topic => new AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult
                {
                    Name = topic.Name,
                    ResultsByPartition = topic.Partitions.ConvertAll(index =>
                        new AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult { PartitionIndex = index, PartitionErrorCode = error }),
                }),
            };

    private static TxnOffsetCommitResponse TxnOffsetCommit(TxnOffsetCommitRequest request, ErrorCode error) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic
        {
            Name = topic.Name,
            Partitions = topic.Partitions.ConvertAll(partition =>
                new TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex, ErrorCode = error }),
        }),
    };

    private static ListOffsetsResponse ListOffsets(ListOffsetsRequest request, ErrorCode error) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new ListOffsetsResponse.ListOffsetsTopicResponse
        {
            Name = topic.Name,
            Partitions = topic.Partitions.ConvertAll(partition =>
                new ListOffsetsResponse.ListOffsetsPartitionResponse { PartitionIndex = partition.PartitionIndex, ErrorCode = error }),
        }),
    };
}
