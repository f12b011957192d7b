using Confluent.Kafka;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Ordered faults, crashes, and direct access.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task An_idempotent_producer_whose_answer_is_lost_writes_no_duplicate()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using var producer = Client.Producer(broker, config => config.EnableIdempotence = true);
        broker.Faults.LoseAnswer(ApiKey.Produce);

        await producer.ProduceAsync("t", new Message<string, string> { Key = "k", Value = "v" });

        (await broker.EndOffsetAsync("t", 0)).Should().Be(1);
    }

    [Fact]
    public async Task A_producer_tries_again_after_an_error_that_passes()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        broker.Faults.Fail(ApiKey.Produce, Protocol.ErrorCode.NotLeaderOrFollower, count: 2);

        await Client.Produce(broker, "t", [("k", "v")]);

        (await broker.ReadAsync("t", 0)).Should().ContainSingle().Which.Value.Should().Equal("v"u8.ToArray());
    }

    [Fact]
    public async Task Acknowledged_records_survive_a_crash()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t", 2);
        await Client.Produce(broker, "t", Enumerable.Range(0, 100).Select(i => ($"k{i}", $"v{i}")));

        await broker.CrashAsync();
        await broker.RestartAsync();

        var there = (await broker.ReadAsync("t", 0)).Count + (await broker.ReadAsync("t", 1)).Count;
        there.Should().Be(100);
        await Client.Produce(broker, "t", [("k", "more")]);
    }

    [Fact]
    public async Task A_transaction_open_at_a_crash_is_aborted_when_its_producer_comes_back()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using (var producer = Client.Producer(broker, config => config.TransactionalId = "tx"))
        {
            producer.InitTransactions(Client.Patience);
            producer.BeginTransaction();
            await producer.ProduceAsync("t", new Message<string, string> { Key = "k", Value = "open" });
            (await broker.OpenTransactionsAsync()).Should().Equal("tx");
            await broker.CrashAsync();
        }
        await broker.RestartAsync();

        using var next = Client.Producer(broker, config => config.TransactionalId = "tx");
        next.InitTransactions(Client.Patience);

        await broker.WaitUntilAsync(async b => (await b.OpenTransactionsAsync()).Count == 0);
        (await broker.ReadAsync("t", 0, committedOnly: true)).Should().BeEmpty();
        (await broker.ReadAsync("t", 0)).Should().HaveCount(1);
    }
}
