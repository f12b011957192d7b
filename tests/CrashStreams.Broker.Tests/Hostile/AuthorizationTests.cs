using System.Text;
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
        await using var broker = await Start();
        await broker.AppendAsync("mine-1", 0, (null, [1]));
        using var client = await Connect(broker, "reader");

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
        await using var broker = await Start();
        using var client = await Connect(broker, "tenant");

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
        await using var broker = await Start();
        var id = await broker.LookAsync(core => core.Topics.Find("other-1")!.Id);
        using var client = await Connect(broker, "tenant");

        var answer = await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, Topics = [new() { TopicId = id, Partitions = [new() { PartitionMaxBytes = 1000 }] }] });

        answer.Responses[0].Partitions[0].ErrorCode.Should().Be(ErrorCode.TopicAuthorizationFailed);
    }

    [Fact]
    public async Task Users_without_an_entry_may_do_everything()
    {
        await using var broker = await Start();
        using var client = await Connect(broker, "admin");

        (await Create(client, "new")).Should().Be(ErrorCode.None);
        (await Produce(client, "other-1")).Should().Be(ErrorCode.None);
    }

    private static async Task<EmbeddedBroker> Start()
    {
        var broker = await EmbeddedBroker.StartAsync(new BrokerOptions
        {
            Users = new Dictionary<string, string> { ["admin"] = "a", ["reader"] = "r", ["tenant"] = "t" },
            Access = new Dictionary<string, UserAccess> { ["reader"] = new() { IsReadOnly = true }, ["tenant"] = new() { TopicPrefix = "mine-" } },
        });
        await broker.CreateTopicAsync("mine-1");
        await broker.CreateTopicAsync("other-1");
        return broker;
    }

    private static async Task<AttackClient> Connect(EmbeddedBroker broker, string user)
    {
        var client = await AttackClient.ConnectUnauthenticatedAsync(new Target(broker.Port));
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" });
        var answer = await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{user}\0{user[0]}") });
        answer.ErrorCode.Should().Be(ErrorCode.None);
        return client;
    }

    private static async Task<ErrorCode> Create(AttackClient client, string topic) =>
        (await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = topic, NumPartitions = 1, ReplicationFactor = 1 }] })).Topics[0].ErrorCode;

    private static async Task<ErrorCode> Fetch(AttackClient client, string topic) =>
        (await client.AskAsync<FetchRequest, FetchResponse>(new() { MaxWaitMs = 1, Topics = [new() { Topic = topic, Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 11)).Responses[0].Partitions[0].ErrorCode;

    private static async Task<ErrorCode> Commit(AttackClient client, string topic) =>
        (await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = "g", Topics = [new() { Name = topic, Partitions = [new()] }] }, version: 8)).Topics[0].Partitions[0].ErrorCode;

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
