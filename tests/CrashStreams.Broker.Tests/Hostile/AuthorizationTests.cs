using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Users who may only read, or have only their own topics.</summary>
public sealed class AuthorizationTests
{
    [Fact]
    public async Task A_user_who_may_only_read_reads_and_commits_and_changes_nothing_else()
    {
        await using var broker = await Tenants.StartAsync();
        await broker.AppendAsync("mine-1", 0, (null, [1]));
        using var client = await Tenants.ConnectAsync(broker, "reader");

        (await Fetch(client, "mine-1")).Should().Be(ErrorCode.None);
        (await Commit(client, "mine-1")).Should().Be(ErrorCode.None);
        (await Produce(client, "mine-1")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await Create(client, "new")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "mine-1" }] })).Responses[0].ErrorCode.Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionTimeoutMs = 1000 }, version: 4)).ErrorCode.Should().Be(ErrorCode.TransactionalIdAuthorizationFailed);
        (await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = ["g"] })).Results[0].ErrorCode.Should().Be(ErrorCode.GroupAuthorizationFailed);
        (await broker.EndOffsetAsync("mine-1", 0)).Should().Be(1);
    }

    [Fact]
    public async Task A_user_with_a_prefix_has_the_topics_with_it_and_sees_no_others()
    {
        await using var broker = await Tenants.StartAsync();
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        (await Produce(client, "mine-1")).Should().Be(ErrorCode.None);
        (await Create(client, "mine-2")).Should().Be(ErrorCode.None);
        (await Create(client, "other-2")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await Produce(client, "other-1")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await Fetch(client, "other-1")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await Commit(client, "other-1")).Should().Be(ErrorCode.TopicAuthorizationFailed);
        var all = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9);
        all.Topics.Select(topic => topic.Name).Should().Equal("mine-1", "mine-2");
        (await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "other-1" }] }, version: 9)).Topics[0].ErrorCode.Should().Be(ErrorCode.TopicAuthorizationFailed);
        (await broker.EndOffsetAsync("other-1", 0)).Should().Be(0);
    }

    [Fact]
    public async Task A_topic_of_somebody_else_is_as_closed_by_its_id()
    {
        await using var broker = await Tenants.StartAsync();
        var id = await broker.LookAsync(core => core.Topics.Find("other-1")!.Id);
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        var answer = await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, Topics = [new() { TopicId = id, Partitions = [new() { PartitionMaxBytes = 1000 }] }] });

        answer.Responses[0].Partitions[0].ErrorCode.Should().Be(ErrorCode.TopicAuthorizationFailed);
    }

    [Fact]
    public async Task A_topic_of_somebody_else_is_not_deleted_by_a_name_and_an_id()
    {
        await using var broker = await Tenants.StartAsync();
        var (mine, other) = (await Tenants.IdOfAsync(broker, "mine-1"), await Tenants.IdOfAsync(broker, "other-1"));
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        foreach (var id in new[] { Guid.NewGuid(), mine, other })
        {
            var answer = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "other-1", TopicId = id }] });
            answer.Responses[0].ErrorCode.Should().Be(id == other ? ErrorCode.TopicAuthorizationFailed : ErrorCode.InvalidRequest);
        }

        (await Tenants.IdOfAsync(broker, "other-1")).Should().Be(other);
        (await Tenants.IdOfAsync(broker, "mine-1")).Should().Be(mine);
    }

    [Fact]
    public async Task A_fetch_session_is_its_users_alone()
    {
        await using var broker = await Tenants.StartAsync();
        using var other = await Tenants.ConnectAsync(broker, "other");
        var begun = await other.AskAsync<FetchRequest, FetchResponse>(
            new() { MaxWaitMs = 1, SessionEpoch = 0, Topics = [new() { Topic = "other-1", Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 11);
        begun.SessionId.Should().NotBe(0);
        await broker.AppendAsync("other-1", 0, (null, [1]));
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        (await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, SessionId = begun.SessionId, SessionEpoch = 1 }, version: 11)).ErrorCode.Should().Be(ErrorCode.FetchSessionIdNotFound);
        await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, SessionId = begun.SessionId, SessionEpoch = -1 }, version: 11); // which would end it

        using var again = await Tenants.ConnectAsync(broker, "other");
        var next = await again.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, SessionId = begun.SessionId, SessionEpoch = 1 }, version: 11);
        next.ErrorCode.Should().Be(ErrorCode.None);
        next.Responses[0].Partitions[0].Records.Length.Should().BePositive();
    }

    [Fact]
    public async Task No_topic_is_created_for_a_user_who_may_only_read()
    {
        await using var broker = await Tenants.StartAsync(new BrokerOptions { AutoCreateTopics = true });
        using var reader = await Tenants.ConnectAsync(broker, "reader");
        using var tenant = await Tenants.ConnectAsync(broker, "tenant");
        MetadataRequest request = new() { Topics = [new() { Name = "mine-new" }], AllowAutoTopicCreation = true };

        (await reader.AskAsync<MetadataRequest, MetadataResponse>(request, version: 9)).Topics[0].ErrorCode.Should().Be(ErrorCode.UnknownTopicOrPartition);
        (await broker.LookAsync(core => core.Topics.Find("mine-new"))).Should().BeNull();
        (await tenant.AskAsync<MetadataRequest, MetadataResponse>(request, version: 9)).Topics[0].ErrorCode.Should().Be(ErrorCode.None);
    }

    [Fact]
    public async Task Pages_of_topics_are_full_of_the_users_own_and_their_cursor_names_no_others()
    {
        await using var broker = await Tenants.StartAsync();
        await broker.CreateTopicAsync("mine-0-of-many", 3);
        await broker.CreateTopicAsync("before-all", 2);
        using var client = await Tenants.ConnectAsync(broker, "tenant");
        var names = new List<string?>();
        var cursors = new List<string>();

        DescribeTopicPartitionsRequest.CursorData? cursor = null;
        do
        {
            var page = await client.AskAsync<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(new() { ResponsePartitionLimit = 2, Cursor = cursor });
            names.AddRange(page.Topics.SelectMany(topic => topic.Partitions.Select(_ => topic.Name)));
            cursor = page.NextCursor is { } next ? new() { TopicName = next.TopicName, PartitionIndex = next.PartitionIndex } : null;
            if (cursor is not null)
                cursors.Add(cursor.TopicName);
        }
        while (cursor is not null);

        names.Should().Equal("mine-0-of-many", "mine-0-of-many", "mine-0-of-many", "mine-1");
        cursors.Should().Equal("mine-0-of-many");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_pattern_matches_only_the_users_own_topics_after_a_restart_too(bool restarts)
    {
        await using var broker = await Tenants.StartAsync();
        var mine = await Tenants.IdOfAsync(broker, "mine-1");
        ConsumerGroupHeartbeatRequest request = new() { GroupId = "mine-group", MemberId = "m", MemberEpoch = 0, RebalanceTimeoutMs = 1000, SubscribedTopicRegex = ".*", TopicPartitions = [] };
        using var client = await Tenants.ConnectAsync(broker, "tenant");

        var joined = await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(request);
        joined.Assignment!.TopicPartitions.Select(topic => topic.TopicId).Should().Equal(mine);

        if (restarts)
        {
            await broker.CrashAsync();
            await broker.RestartAsync();
        }
        await broker.CreateTopicAsync("other-2");
        using var again = await Tenants.ConnectAsync(broker, "tenant");
        var later = await again.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(
            new() { GroupId = "mine-group", MemberId = "m", MemberEpoch = joined.MemberEpoch, RebalanceTimeoutMs = -1 });
        later.ErrorCode.Should().Be(ErrorCode.None);
        (later.Assignment?.TopicPartitions.Select(topic => topic.TopicId) ?? [mine]).Should().Equal(mine);
    }

    [Fact]
    public async Task Users_without_an_entry_may_do_everything()
    {
        await using var broker = await Tenants.StartAsync();
        using var client = await Tenants.ConnectAsync(broker, "admin");

        (await Create(client, "new")).Should().Be(ErrorCode.None);
        (await Produce(client, "other-1")).Should().Be(ErrorCode.None);
    }

    private static async Task<ErrorCode> Create(AttackClient client, string topic) =>
        (await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = topic, NumPartitions = 1, ReplicationFactor = 1 }] })).Topics[0].ErrorCode;

    private static async Task<ErrorCode> Fetch(AttackClient client, string topic) =>
        (await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, Topics = [new() { Topic = topic, Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 11)).Responses[0].Partitions[0].ErrorCode;

    private static async Task<ErrorCode> Commit(AttackClient client, string topic) =>
        (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = "mine-group", Topics = [new() { Name = topic, Partitions = [new()] }] }, version: 8)).Topics[0].Partitions[0].ErrorCode;

    private static async Task<ErrorCode> Produce(AttackClient client, string topic)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, "v"u8.ToArray());
        return (await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = 1,
            TimeoutMs = 1000,
            TopicData = [new() { Name = topic, PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }],
        }, version: 9)).Responses[0].PartitionResponses[0].ErrorCode;
    }
}
