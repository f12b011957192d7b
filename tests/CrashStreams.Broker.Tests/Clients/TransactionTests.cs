using Confluent.Kafka;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Transactions through librdkafka, which speaks the first protocol (its epoch stays, partitions are announced).</summary>
public sealed class TransactionTests
{

    [Fact]
    public async Task Readers_of_committed_data_see_committed_records_and_no_aborted_ones()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 1);
        using var producer = Client.Producer(broker, config => config.TransactionalId = "tx");
        producer.InitTransactions(Client.Patience);
        foreach (var (commit, value) in new[] { (true, "a"), (false, "b"), (true, "c"), (false, "d"), (true, "e") })
        {
            producer.BeginTransaction();
            for (var i = 0; i < 3; i++)
                producer.Produce("t", new Message<string, string> { Key = "k", Value = value + i });
            producer.Flush(Client.Patience); // or librdkafka drops what it would have to abort
            if (commit)
                producer.CommitTransaction(Client.Patience);
            else
                producer.AbortTransaction(Client.Patience);
        }

        var read = Client.ConsumeAll(broker, "t", 9, config => config.IsolationLevel = IsolationLevel.ReadCommitted);
        var all = Client.ConsumeAll(broker, "t", 15, config => config.IsolationLevel = IsolationLevel.ReadUncommitted);

        read.Select(record => record.Message.Value).Should().Equal("a0", "a1", "a2", "c0", "c1", "c2", "e0", "e1", "e2");
        all.Should().HaveCount(15);
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task Offsets_of_a_transaction_are_committed_with_it_or_not_at_all(GroupProtocol protocol)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "in", 1);
        await Client.CreateTopic(broker, "out", 1);
        await Client.Produce(broker, "in", [("k", "1"), ("k", "2")]);
        using var consumer = Client.Consumer(broker, "g", config => config.GroupProtocol = protocol);
        consumer.Subscribe("in");
        Client.Take(consumer, 2);
        using var producer = Client.Producer(broker, config => config.TransactionalId = "tx");
        producer.InitTransactions(Client.Patience);

        producer.BeginTransaction();
        producer.Produce("out", new Message<string, string> { Key = "k", Value = "v" });
        producer.SendOffsetsToTransaction([new TopicPartitionOffset("in", 0, 1)], consumer.ConsumerGroupMetadata, Client.Patience);
        producer.AbortTransaction(Client.Patience);
        Committed().Should().Be(Offset.Unset);

        producer.BeginTransaction();
        producer.SendOffsetsToTransaction([new TopicPartitionOffset("in", 0, 2)], consumer.ConsumerGroupMetadata, Client.Patience);
        producer.CommitTransaction(Client.Patience);
        Committed().Value.Should().Be(2);

        Offset Committed() => consumer.Committed([new TopicPartition("in", 0)], Client.Patience)[0].Offset;
    }

    [Fact]
    public async Task A_second_producer_with_the_same_id_fences_the_first()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 1);
        using var first = Client.Producer(broker, config => config.TransactionalId = "tx");
        first.InitTransactions(Client.Patience);
        first.BeginTransaction();
        await first.ProduceAsync("t", new Message<string, string> { Key = "k", Value = "lost" });

        using var second = Client.Producer(broker, config => config.TransactionalId = "tx");
        second.InitTransactions(Client.Patience);
        second.BeginTransaction();
        second.Produce("t", new Message<string, string> { Key = "k", Value = "kept" });
        second.CommitTransaction(Client.Patience);

        first.Invoking(producer => producer.CommitTransaction(Client.Patience)).Should().Throw<KafkaException>().Which.Error.IsFatal.Should().BeTrue();
        Client.ConsumeAll(broker, "t", 1, config => config.IsolationLevel = IsolationLevel.ReadCommitted)[0].Message.Value.Should().Be("kept");
    }
}
