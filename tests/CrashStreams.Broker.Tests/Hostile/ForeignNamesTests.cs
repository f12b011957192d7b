using System.Text;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;
using static CrashStreams.Protocol.ErrorCode;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Each API that the broker serves, over TCP, as a user who names what belongs to somebody else, or asks for all there is.</summary>
public sealed class ForeignNamesTests
{
    private const string Topic = "other-1";
    private const string Group = "other-group";
    private const string Transaction = "other-transaction";

    /// <summary>What names something, and the error in its answer. A closed connection is a refusal too, where the answer has no place for an error.</summary>
    private static readonly Dictionary<ApiKey, Func<AttackClient, Task<ErrorCode>>> s_naming = new()
    {
        [ApiKey.Produce] = async client => (await client.AskAsync<ProduceRequest, ProduceResponse>(Record(), version: 9)).Responses[0].PartitionResponses[0].ErrorCode,
        [ApiKey.Fetch] = async client => (await client.AskAsync<FetchRequest, FetchResponse>(
            new() { MaxWaitMs = 1, Topics = [new() { Topic = Topic, Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 11)).Responses[0].Partitions[0].ErrorCode,
        [ApiKey.ListOffsets] = async client => (await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = Topic, Partitions = [new()] }] })).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.OffsetForLeaderEpoch] = async client => (await client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(
            new() { Topics = [new() { Topic = Topic, Partitions = [new()] }] })).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.DeleteRecords] = async client => (await client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(
            new() { Topics = [new() { Name = Topic, Partitions = [new() { Offset = -1 }] }] })).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.CreateTopics] = async client => (await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new() { Topics = [new() { Name = "other-new", NumPartitions = 1, ReplicationFactor = 1 }] })).Topics[0].ErrorCode,
        [ApiKey.DeleteTopics] = async client => (await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = Topic }] })).Responses[0].ErrorCode,
        [ApiKey.CreatePartitions] = async client => (await client.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = Topic, Count = 2 }] })).Results[0].ErrorCode,
        [ApiKey.DescribeConfigs] = async client => (await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(
            new() { Resources = [new() { ResourceType = 2, ResourceName = Topic }] })).Results[0].ErrorCode,
        [ApiKey.AlterConfigs] = async client => (await client.AskAsync<AlterConfigsRequest, AlterConfigsResponse>(
            new() { Resources = [new() { ResourceType = 2, ResourceName = Topic }] })).Responses[0].ErrorCode,
        [ApiKey.IncrementalAlterConfigs] = async client => (await client.AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
            new() { Resources = [new() { ResourceType = 2, ResourceName = Topic }] })).Responses[0].ErrorCode,
        [ApiKey.DescribeProducers] = async client => (await client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(
            new() { Topics = [new() { Name = Topic, PartitionIndexes = [0] }] })).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.ElectLeaders] = async client => (await client.AskAsync<ElectLeadersRequest, ElectLeadersResponse>(new() { TopicPartitions = [new() { Topic = Topic, Partitions = [0] }] })).ErrorCode,
        [ApiKey.DescribeQuorum] = async client => (await client.AskAsync<DescribeQuorumRequest, DescribeQuorumResponse>(new() { Topics = [new() { TopicName = Topic }] })).ErrorCode,
        [ApiKey.FindCoordinator] = async client => (await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { CoordinatorKeys = [Group] })).Coordinators[0].ErrorCode,
        [ApiKey.JoinGroup] = async client => (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(
            new() { GroupId = Group, SessionTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = "range" }] })).ErrorCode,
        [ApiKey.SyncGroup] = async client => (await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new() { GroupId = Group, MemberId = "m" })).ErrorCode,
        [ApiKey.Heartbeat] = async client => (await client.AskAsync<HeartbeatRequest, HeartbeatResponse>(new() { GroupId = Group, MemberId = "m" })).ErrorCode,
        [ApiKey.LeaveGroup] = async client => (await client.AskAsync<LeaveGroupRequest, LeaveGroupResponse>(new() { GroupId = Group, Members = [new() { MemberId = "m" }] })).ErrorCode,
        [ApiKey.ConsumerGroupHeartbeat] = async client => (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(
            new() { GroupId = Group, MemberId = "m", MemberEpoch = 0, RebalanceTimeoutMs = 1000, SubscribedTopicNames = ["mine-1"], TopicPartitions = [] })).ErrorCode,
        [ApiKey.OffsetCommit] = async client => (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(
            new() { GroupId = Group, Topics = [new() { Name = "mine-1", Partitions = [new()] }] }, version: 8)).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.OffsetFetch] = async client => (await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [new() { GroupId = Group, Topics = null }] })).Groups[0].ErrorCode,
        [ApiKey.OffsetDelete] = async client => (await client.AskAsync<OffsetDeleteRequest, OffsetDeleteResponse>(
            new() { GroupId = Group, Topics = [new() { Name = "mine-1", Partitions = [new()] }] })).ErrorCode,
        [ApiKey.DescribeGroups] = async client => (await client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = [Group] })).Groups[0].ErrorCode,
        [ApiKey.ConsumerGroupDescribe] = async client => (await client.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(new() { GroupIds = [Group] })).Groups[0].ErrorCode,
        [ApiKey.DeleteGroups] = async client => (await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = [Group] })).Results[0].ErrorCode,
        [ApiKey.InitProducerId] = async client => (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(
            new() { TransactionalId = Transaction, TransactionTimeoutMs = 1000, ProducerId = -1, ProducerEpoch = -1 }, version: 4)).ErrorCode,
        [ApiKey.AddPartitionsToTxn] = async client => (await client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(
            new() { Transactions = [new() { TransactionalId = Transaction, Topics = [new() { Name = "mine-1", Partitions = [0] }] }] })).ErrorCode,
        [ApiKey.AddOffsetsToTxn] = async client => (await client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = "mine-t", GroupId = Group })).ErrorCode,
        [ApiKey.EndTxn] = async client => (await client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = Transaction })).ErrorCode,
        [ApiKey.TxnOffsetCommit] = async client => (await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(
            new() { TransactionalId = "mine-t", GroupId = Group, Topics = [new() { Name = "mine-1", Partitions = [new()] }] })).Topics[0].Partitions[0].ErrorCode,
        [ApiKey.WriteTxnMarkers] = async client => (await client.AskAsync<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(
            new() { Markers = [new() { Topics = [new() { Name = Topic, PartitionIndexes = [0] }] }] })).Markers[0].Topics[0].Partitions[0].ErrorCode,
        [ApiKey.DescribeTransactions] = async client => (await client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(
            new() { TransactionalIds = [Transaction] })).TransactionStates[0].ErrorCode,
    };

    /// <summary>What asks for everything; its answer has nothing of others.</summary>
    private static readonly Dictionary<ApiKey, Func<AttackClient, Task>> s_asking = new()
    {
        [ApiKey.ApiVersions] = client => client.SendAsync<ApiVersionsRequest>(new() { ClientSoftwareName = "test", ClientSoftwareVersion = "1" }),
        [ApiKey.Metadata] = client => client.SendAsync<MetadataRequest>(new() { Topics = null }),
        [ApiKey.DescribeCluster] = client => client.SendAsync<DescribeClusterRequest>(new() { EndpointType = 1 }),
        [ApiKey.DescribeTopicPartitions] = client => client.SendAsync<DescribeTopicPartitionsRequest>(new() { ResponsePartitionLimit = 1 }),
        [ApiKey.DescribeLogDirs] = client => client.SendAsync<DescribeLogDirsRequest>(new() { Topics = null }),
        [ApiKey.ListGroups] = client => client.SendAsync<ListGroupsRequest>(new()),
        [ApiKey.ListTransactions] = client => client.SendAsync<ListTransactionsRequest>(new() { DurationFilter = -1 }),
        [ApiKey.ListPartitionReassignments] = client => client.SendAsync<ListPartitionReassignmentsRequest>(new() { Topics = null }),
    };

    private static readonly ErrorCode[] s_refusals = [TopicAuthorizationFailed, GroupAuthorizationFailed, TransactionalIdAuthorizationFailed, ClusterAuthorizationFailed];

    public static TheoryData<ApiKey> Naming => [.. s_naming.Keys];

    public static TheoryData<ApiKey> Asking => [.. s_asking.Keys];

    [Fact]
    public async Task Every_API_that_is_served_is_tried_here()
    {
        await using var broker = await Tenants.StartAsync();

        var served = await broker.LookAsync(core => core.Apis.All.Select(endpoint => endpoint.Api.Key).ToList());

        served.Should().BeEquivalentTo([.. s_naming.Keys, .. s_asking.Keys, ApiKey.SaslHandshake, ApiKey.SaslAuthenticate]);
    }

    [Theory, MemberData(nameof(Naming))]
    public async Task What_names_something_of_others_is_refused_and_changes_nothing(ApiKey api)
    {
        await using var broker = await StartWithStateOfOthers();
        using var client = await Tenants.ConnectAsync(broker, "tenant");
        var before = await StateOfOthers(broker);

        try
        {
            (await s_naming[api](client)).Should().BeOneOf(s_refusals);
        }
        catch (IOException)
        {
            // The connection was closed.
        }

        (await StateOfOthers(broker)).Should().Be(before);
    }

    [Theory, MemberData(nameof(Asking))]
    public async Task The_answer_for_everything_has_nothing_of_others(ApiKey api)
    {
        await using var broker = await StartWithStateOfOthers();
        var id = await Tenants.IdOfAsync(broker, Topic);
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        await s_asking[api](client);
        var answer = await client.ReadFrameAsync();

        answer.AsSpan().IndexOf("other-"u8).Should().Be(-1);
        answer.AsSpan().IndexOf(id.ToByteArray(bigEndian: true)).Should().Be(-1);
    }

    private static async Task<EmbeddedBroker> StartWithStateOfOthers()
    {
        var broker = await Tenants.StartAsync();
        await broker.AppendAsync(Topic, 0, (null, [1]));
        using var other = await Tenants.ConnectAsync(broker, "other");
        await other.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = Group, Topics = [new() { Name = Topic, Partitions = [new() { CommittedOffset = 1 }] }] }, version: 8);
        await other.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = Transaction, TransactionTimeoutMs = 1000, ProducerId = -1, ProducerEpoch = -1 }, version: 4);
        return broker;
    }

    private static Task<string> StateOfOthers(EmbeddedBroker broker) => broker.LookAsync(core =>
    {
        var (topic, group, transaction) = (core.Topics.Find(Topic), core.Groups.Find(Group), core.Transactions.Find(Transaction));
        return $"{string.Join(' ', core.Topics.Topics.Select(known => known.Name))}; {topic?.Partitions.Count} {topic?.Partitions[0].Log.LogStartOffset} {topic?.Partitions[0].Log.EndOffset}; "
            + $"{group?.Membership.IsEmpty} {string.Join(' ', group?.Offsets.Committed.Select(offset => $"{offset.Key} {offset.Value.Offset}") ?? [])}; {transaction?.State} {transaction?.Producer}";
    });

    private static ProduceRequest Record()
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, Encoding.UTF8.GetBytes("v"));
        return new() { Acks = 1, TimeoutMs = 1000, TopicData = [new() { Name = Topic, PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }] };
    }
}
