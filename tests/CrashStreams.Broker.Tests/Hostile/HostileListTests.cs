using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Whatever a request names a hundred thousand of: the answer has each, and others are served meanwhile.</summary>
public sealed class HostileListTests
{
    private const int Many = 100_000;

    private static IEnumerable<int> Indexes => Enumerable.Range(0, Many);

    [Fact]
    public async Task Partitions_that_do_not_exist_are_each_answered_with_the_error()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var answer = await client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(new()
        {
            Topics = [new() { Topic = Target.Narrow, Partitions = [.. Indexes.Select(index => new OffsetForLeaderEpochRequest.OffsetForLeaderPartition { Partition = index })] }],
        });

        answer.Topics[0].Partitions.Should().HaveCount(Many);
        answer.Topics[0].Partitions.Count(partition => partition.ErrorCode == ErrorCode.UnknownTopicOrPartition).Should().Be(Many - 1);
    }

    [Fact]
    public async Task Groups_and_transactions_that_do_not_exist_are_each_answered()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        (await client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = [.. Indexes.Select(index => $"t{index}")] })).TransactionStates.Should().HaveCount(Many);
        (await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = [.. Indexes.Select(index => $"g{index}")] })).Results.Should().HaveCount(Many);
        (await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { CoordinatorKeys = [.. Indexes.Select(index => $"g{index}")] })).Coordinators.Should().HaveCount(Many);
        (await victim.Broker.LookAsync(core => core.Groups.Groups.Count())).Should().Be(0, "to ask makes none");
    }

    [Fact]
    public async Task A_question_of_another_client_is_answered_while_a_long_list_is_gone_through()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        using var other = await victim.ConnectAsync();
        var listed = Task.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
                await client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(new() { Topics = [new() { Name = Target.Wide, PartitionIndexes = [.. Indexes] }] });
        });

        var answered = 0;
        for (; !listed.IsCompleted || answered == 0; answered++)
            await other.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Target.Narrow }] }, version: 9).WaitAsync(Clients.Client.Patience);

        await listed.WaitAsync(Clients.Client.Patience);
        answered.Should().BePositive();
        victim.Log.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task A_produce_request_with_more_batches_than_any_producer_sends_closes_the_connection()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        var batch = Core.CoreHost.Batch("v");

        await client.SendAsync(new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 1000,
            TopicData = [new() { Name = Target.Wide, PartitionData = [.. Enumerable.Range(0, 25_001).Select(index => new ProduceRequest.PartitionProduceData { Index = index % 200, Records = batch })] }],
        }, version: 9);

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }
}
