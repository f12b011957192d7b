using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>What clients can have the broker keep is limited, and what it keeps every answer can show.</summary>
public sealed class HostileStateTests
{
    private static readonly string s_long = new('x', 30_000);

    [Fact]
    public async Task Ids_that_are_longer_than_any_client_needs_are_refused_everywhere()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "t", TransactionTimeoutMs = 1000 }, version: 4);

        (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = s_long, TransactionTimeoutMs = 1000 }, version: 4)).ErrorCode.Should().Be(ErrorCode.InvalidRequest);
        (await client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = "t", ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = s_long })).ErrorCode.Should().Be(ErrorCode.InvalidGroupId);
        (await Join(group: s_long)).Should().Be(ErrorCode.InvalidGroupId);
        (await Join(instance: s_long)).Should().Be(ErrorCode.InvalidRequest);
        (await Join(protocol: s_long)).Should().Be(ErrorCode.InvalidRequest);
        (await Commit(s_long, 0)).Should().Be(ErrorCode.InvalidGroupId);
        (await Heartbeat(group: s_long)).Should().Be(ErrorCode.InvalidRequest);
        (await Heartbeat(member: s_long)).Should().Be(ErrorCode.InvalidRequest);
        (await Heartbeat(rack: s_long)).Should().Be(ErrorCode.InvalidRequest);
        (await Heartbeat(topic: s_long)).Should().Be(ErrorCode.InvalidTopicException);
        (await victim.Broker.LookAsync(core => core.Groups.Groups.Count())).Should().Be(0, "nothing has come of all that");

        async Task<ErrorCode> Join(string group = "g", string? instance = null, string protocol = "p") =>
            (await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new() { GroupId = group, GroupInstanceId = instance, SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = protocol }] }, version: 5)).ErrorCode;

        async Task<ErrorCode> Commit(string group, int partition) =>
            (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = group, Topics = [new() { Name = Target.Narrow, Partitions = [new() { PartitionIndex = partition }] }] }, version: 8)).Topics[0].Partitions[0].ErrorCode;

        async Task<ErrorCode> Heartbeat(string group = "g", string member = "m", string? rack = null, string topic = "t") =>
            (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new() { GroupId = group, MemberId = member, RackId = rack, RebalanceTimeoutMs = 1000, SubscribedTopicNames = [topic], TopicPartitions = [] })).ErrorCode;
    }

    [Fact]
    public async Task A_long_client_id_makes_a_member_id_that_every_version_can_carry()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        client.ClientId = new string('c', 32_767);
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new() { GroupId = "g", SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = "p" }] }, version: 3);
        var described = await client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = ["g"] }, version: 3);

        joined.ErrorCode.Should().Be(ErrorCode.None);
        described.Groups[0].Members[0].MemberId.Should().Be(joined.MemberId).And.StartWith("ccc");
    }

    [Fact]
    public async Task Offsets_of_partitions_that_do_not_exist_are_refused()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "t", TransactionTimeoutMs = 1000 }, version: 4);

        var committed = await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = "g", Topics = [new() { Name = Target.Narrow, Partitions = [new() { PartitionIndex = 0 }, new() { PartitionIndex = 1 }, new() { PartitionIndex = -1 }] }] }, version: 8);
        var transactional = await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            GroupId = "g",
            TransactionalId = "t",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Topics = [new() { Name = Target.Narrow, Partitions = [new() { PartitionIndex = 0 }, new() { PartitionIndex = 1 }] }],
        }, version: 5);

        committed.Topics[0].Partitions.Select(partition => partition.ErrorCode).Should().Equal(ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition);
        transactional.Topics[0].Partitions.Select(partition => partition.ErrorCode).Should().Equal(ErrorCode.None, ErrorCode.UnknownTopicOrPartition);
    }

    [Fact]
    public async Task A_transaction_names_only_so_many_groups_and_can_be_ended_then()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = "t", TransactionTimeoutMs = 60_000 }, version: 4);

        var errors = new List<ErrorCode>();
        for (var i = 0; i < 500; i++)
            errors.Add((await client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new() { TransactionalId = "t", ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = $"{i}-".PadRight(1000, 'g') })).ErrorCode);
        var ended = await client.AskAsync<EndTxnRequest, EndTxnResponse>(new() { TransactionalId = "t", ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, Committed = true }, version: 3);

        errors[..100].Should().OnlyContain(error => error == ErrorCode.None);
        errors[^1].Should().Be(ErrorCode.PolicyViolation);
        ended.ErrorCode.Should().Be(ErrorCode.None);
    }

    [Fact]
    public async Task A_group_has_only_so_many_members_and_holds_only_so_much()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var ids = new List<ErrorCode>();
        for (var i = 0; i < 1001; i++)
            ids.Add((await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("many", 1), version: 5)).ErrorCode);
        var large = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("large", 5_000_000), version: 3);
        using var other = await victim.ConnectAsync();
        var tooLarge = await other.AskAsync<JoinGroupRequest, JoinGroupResponse>(Join("large", 5_000_000), version: 3);

        ids[..1000].Should().OnlyContain(error => error == ErrorCode.MemberIdRequired);
        ids[1000].Should().Be(ErrorCode.GroupMaxSizeReached);
        large.ErrorCode.Should().Be(ErrorCode.None);
        tooLarge.ErrorCode.Should().Be(ErrorCode.GroupMaxSizeReached);

        static JoinGroupRequest Join(string group, int bytes) => new()
        {
            GroupId = group,
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 10_000,
            ProtocolType = "consumer",
            Protocols = [new() { Name = "p", Metadata = new byte[bytes] }],
        };
    }

    [Theory]
    [InlineData("__consumer_offsets")]
    [InlineData("__transaction_state")]
    [InlineData("__cluster_metadata")]
    public async Task Names_of_Kafkas_own_topics_are_not_for_others(string name)
    {
        await using var victim = await Victim.StartAsync(options: new BrokerOptions { AutoCreateTopics = true });
        using var client = await victim.ConnectAsync();

        var created = await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = name, NumPartitions = 1, ReplicationFactor = 1 }] });
        var metadata = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = name }], AllowAutoTopicCreation = true }, version: 9);

        created.Topics[0].ErrorCode.Should().Be(ErrorCode.InvalidTopicException);
        metadata.Topics[0].ErrorCode.Should().Be(ErrorCode.UnknownTopicOrPartition);
    }

    [Fact]
    public async Task Text_longer_than_a_client_of_any_version_can_read_is_refused()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        await client.SendAsync(new DescribeGroupsRequest { Groups = [new string('g', 32_768)] }, version: 5);

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task Sessions_in_use_are_not_taken_away_by_newer_ones()
    {
        await using var victim = await Victim.StartAsync();
        using var patient = await victim.ConnectAsync();
        using var attacker = await victim.ConnectAsync();
        var session = (await patient.AskAsync<FetchRequest, FetchResponse>(Fetch(0, 0), version: 11)).SessionId;

        var others = new List<int>();
        for (var i = 0; i < 1001; i++)
            others.Add((await attacker.AskAsync<FetchRequest, FetchResponse>(Fetch(0, 0), version: 11)).SessionId);
        var next = await patient.AskAsync<FetchRequest, FetchResponse>(Fetch(session, 1), version: 11);

        session.Should().NotBe(0);
        others[^1].Should().Be(0, "there is no room, and it is served without a session");
        next.ErrorCode.Should().Be(ErrorCode.None);

        static FetchRequest Fetch(int session, int epoch) => new() { SessionId = session, SessionEpoch = epoch, MaxWaitMs = 1, Topics = [new() { Topic = Target.Narrow, Partitions = [new() { PartitionMaxBytes = 1 }] }] };
    }
}
