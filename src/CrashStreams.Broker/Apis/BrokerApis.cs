using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The list of everything that the broker serves.</summary>
internal static class BrokerApis
{
    public static ApiTable Create(BrokerCore core, Fetch fetch)
    {
        var apis = new ApiTable();
        AddRecords(apis, core, fetch);
        AddTopics(apis, core);
        AddGroups(apis, core);
        AddTransactions(apis, core);
        if (core.Options.Users.Count > 0)
            AddAuthentication(apis);
        return apis;
    }

    /// <summary>Handled by the connections themselves, outside the loop; here so that clients are told that they are served.</summary>
    private static void AddAuthentication(ApiTable apis)
    {
        apis.AddDeferred<SaslHandshakeRequest, SaslHandshakeResponse>((_, _, _) => throw new NotSupportedException());
        apis.AddDeferred<SaslAuthenticateRequest, SaslAuthenticateResponse>((_, _, _) => throw new NotSupportedException());
    }

    private static void AddRecords(ApiTable apis, BrokerCore core, Fetch fetch)
    {
        apis.Add<ApiVersionsRequest, ApiVersionsResponse>((_, context) => ApiVersions.Handle(context.Version, apis));
        apis.AddStepwise<MetadataRequest, MetadataResponse>(core, (request, context, waits) => Metadata.Handle(request, context.Version, context.Access, core, waits));
        apis.Add(new ProduceEndpoint(core));
        apis.AddDeferred<FetchRequest, FetchResponse>(fetch.Handle);
        apis.AddStepwise<ListOffsetsRequest, ListOffsetsResponse>(core, (request, _) => ListOffsets.Handle(request, core.Topics));
        apis.AddStepwise<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(core, (request, _) => OffsetForLeaderEpoch.Handle(request, core.Topics));
        apis.AddStepwise<DeleteRecordsRequest, DeleteRecordsResponse>(core, (request, _) => DeleteRecords.Handle(request, core.Topics));
    }

    private static void AddTopics(ApiTable apis, BrokerCore core)
    {
        apis.AddStepwise<CreateTopicsRequest, CreateTopicsResponse>(core, (request, _, waits) => CreateTopics.Handle(request, core, waits));
        apis.AddStepwise<DeleteTopicsRequest, DeleteTopicsResponse>(core, (request, context, waits) => DeleteTopics.Handle(request, context.Version, core.Topics, waits));
        apis.AddStepwise<CreatePartitionsRequest, CreatePartitionsResponse>(core, (request, _, waits) => CreatePartitions.Handle(request, core, waits));
        apis.AddStepwise<DescribeConfigsRequest, DescribeConfigsResponse>(core, (request, _) => DescribeConfigs.Handle(request, core));
        apis.AddStepwise<AlterConfigsRequest, AlterConfigsResponse>(core, (request, _) => AlterConfigs.Handle(request, core));
        apis.AddStepwise<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(core, (request, _) => IncrementalAlterConfigs.Handle(request, core));
        apis.Add<DescribeClusterRequest, DescribeClusterResponse>((request, _) => DescribeCluster.Handle(request, core));
        apis.AddStepwise<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(core, (request, context) => DescribeTopicPartitions.Handle(request, context.Access, core));
        apis.AddStepwise<DescribeLogDirsRequest, DescribeLogDirsResponse>(core, (request, _) => DescribeLogDirs.Handle(request, core));
        apis.Add<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>((request, _) => ListPartitionReassignments.Handle(request));
        apis.AddStepwise<ElectLeadersRequest, ElectLeadersResponse>(core, (request, _) => ElectLeaders.Handle(request, core.Topics));
        apis.Add<DescribeQuorumRequest, DescribeQuorumResponse>((request, _) => DescribeQuorum.Handle(request, core));
    }

    private static void AddGroups(ApiTable apis, BrokerCore core)
    {
        var groups = core.Groups;
        apis.Add<FindCoordinatorRequest, FindCoordinatorResponse>((request, context) =>
            FindCoordinator.Handle(request, context.Version, core.Node.Id, core.Node.Host, core.Node.Port));
        apis.AddDeferred<JoinGroupRequest, JoinGroupResponse>((request, context, reply) => JoinGroup.Handle(request, context.Version, context.Client, context.Access, groups, reply));
        apis.AddDeferred<SyncGroupRequest, SyncGroupResponse>((request, _, reply) => SyncGroup.Handle(request, groups, reply));
        apis.Add<HeartbeatRequest, HeartbeatResponse>((request, _) => Heartbeat.Handle(request, groups));
        apis.AddStepwise<LeaveGroupRequest, LeaveGroupResponse>(core, (request, context) => LeaveGroup.Handle(request, context.Version, groups));
        apis.Add<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>((request, context) =>
            ConsumerGroupHeartbeat.Handle(request, context.Version, context.Client, context.Access, groups));
        apis.Add<OffsetCommitRequest, OffsetCommitResponse>((request, context) => OffsetCommit.Handle(request, context.Version, groups));
        apis.AddStepwise<OffsetFetchRequest, OffsetFetchResponse>(core, (request, context) => OffsetFetch.Handle(request, context.Version, groups, Budget()));
        apis.Add<OffsetDeleteRequest, OffsetDeleteResponse>((request, _) => OffsetDelete.Handle(request, groups));
        apis.AddStepwise<DescribeGroupsRequest, DescribeGroupsResponse>(core, (request, context) =>
            DescribeGroups.Handle(request, context.Version, groups, Budget()));
        apis.AddStepwise<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(core, (request, _) =>
            ConsumerGroupDescribe.Handle(request, groups, Budget()));
        apis.AddStepwise<ListGroupsRequest, ListGroupsResponse>(core, (request, _) => ListGroups.Handle(request, groups, Budget()));
        apis.AddStepwise<DeleteGroupsRequest, DeleteGroupsResponse>(core, (request, _) => DeleteGroups.Handle(request, groups));

        AnswerBudget Budget() => new(core.Options.Limits.AnswerBytes);
    }

    private static void AddTransactions(ApiTable apis, BrokerCore core)
    {
        var transactions = core.Transactions;
        var participants = new TransactionParticipants(core);
        apis.Add<InitProducerIdRequest, InitProducerIdResponse>((request, context) => InitProducerId.Handle(request, context.Version, transactions));
        apis.AddStepwise<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(core, (request, context) =>
            AddPartitionsToTxn.Handle(request, context.Version, transactions, core.Topics));
        apis.Add<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>((request, context) => AddOffsetsToTxn.Handle(request, context.Version, transactions));
        apis.Add<EndTxnRequest, EndTxnResponse>((request, context) => EndTxn.Handle(request, context.Version, transactions));
        apis.Add<TxnOffsetCommitRequest, TxnOffsetCommitResponse>((request, context) =>
            TxnOffsetCommit.Handle(request, context.Version, core.Groups, transactions));
        apis.AddStepwise<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(core, (request, _) => WriteTxnMarkers.Handle(request, participants));
        apis.AddStepwise<DescribeProducersRequest, DescribeProducersResponse>(core, (request, _) => DescribeProducers.Handle(request, participants, Budget()));
        apis.AddStepwise<DescribeTransactionsRequest, DescribeTransactionsResponse>(core, (request, _) => DescribeTransactions.Handle(request, transactions, Budget()));
        apis.AddStepwise<ListTransactionsRequest, ListTransactionsResponse>(core, (request, _) => ListTransactions.Handle(request, transactions, core.Timers.NowMs, Budget()));

        AnswerBudget Budget() => new(core.Options.Limits.AnswerBytes);
    }
}
