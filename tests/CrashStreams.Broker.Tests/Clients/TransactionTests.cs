using Confluent.Kafka;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Transactions of librdkafka (which speaks the first transaction protocol).</summary>
public sealed class TransactionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Readers_of_committed_data_see_only_what_was_committed()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 2);
        using var producer = Client.Producer(broker, config => config.TransactionalId = "x");
        producer.InitTransactions(s_patience);
        for (var round = 0; round < 6; round++)
        {
            producer.BeginTransaction();
            for (var i = 0; i < 5; i++)
                producer.Produce("t", new Message<string, string> { Key = $"{i}", Value = $"{round}-{i}" });
            // An abort would throw away what has not been sent yet.
            producer.Flush(s_patience);
            if (round % 2 == 0)
                producer.CommitTransaction(s_patience);
            else
                producer.AbortTransaction(s_patience);
        }
        Client.ConsumeAll(broker, "t", 15, config => config.IsolationLevel = IsolationLevel.ReadCommitted)
            .Select(record => record.Message.Value[0]).Distinct().Should().BeEquivalentTo(['0', '2', '4']);
        Client.ConsumeAll(broker, "t", 30, config => config.IsolationLevel = IsolationLevel.ReadUncommitted).Should().HaveCount(30);
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task Consumed_offsets_are_committed_and_aborted_with_the_transaction(GroupProtocol protocol)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "in", 1);
        await Client.CreateTopic(broker, "out", 1);
        await Client.Produce(broker, "in", Enumerable.Range(0, 10).Select(i => ("k", $"{i}")));
        using var producer = Client.Producer(broker, config => config.TransactionalId = "x");
        producer.InitTransactions(s_patience);
        using var consumer = Client.Consumer(broker, "g", config => config.GroupProtocol = protocol);
        consumer.Subscribe("in");
        var input = Client.Take(consumer, 5);
        Transfer(4, commit: true);
        Transfer(5, commit: false);

        consumer.Committed([new TopicPartition("in", 0)], s_patience).Single().Offset.Value.Should().Be(4);
        Client.ConsumeAll(broker, "out", 4, config => config.IsolationLevel = IsolationLevel.ReadCommitted).Should().HaveCount(4);
        consumer.Close();

        void Transfer(int upTo, bool commit)
        {
            producer.BeginTransaction();
            foreach (var record in input.Take(upTo))
                producer.Produce("out", record.Message);
            producer.SendOffsetsToTransaction([new TopicPartitionOffset("in", 0, upTo)], consumer.ConsumerGroupMetadata, s_patience);
            if (commit)
                producer.CommitTransaction(s_patience);
            else
                producer.AbortTransaction(s_patience);
        }
    }

    [Fact]
    public async Task A_second_producer_fences_the_first()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 1);
        using var zombie = Client.Producer(broker, config => config.TransactionalId = "x");
        zombie.InitTransactions(s_patience);
        zombie.BeginTransaction();
        await zombie.ProduceAsync("t", new Message<string, string> { Key = "k", Value = "zombie" });
        using var second = Client.Producer(broker, config => config.TransactionalId = "x");
        second.InitTransactions(s_patience);
        second.BeginTransaction();
        second.Produce("t", new Message<string, string> { Key = "k", Value = "second" });

        ((Action)(() => zombie.CommitTransaction(s_patience))).Should().Throw<KafkaException>().Which.Error.Code.Should().BeOneOf(ErrorCode.Local_Fenced, ErrorCode.ProducerFenced, ErrorCode.InvalidProducerEpoch);
        second.CommitTransaction(s_patience);
        Client.ConsumeAll(broker, "t", 1, config => config.IsolationLevel = IsolationLevel.ReadCommitted).Single().Message.Value.Should().Be("second");
    }
}
