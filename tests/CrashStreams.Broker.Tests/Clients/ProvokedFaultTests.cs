using Confluent.Kafka;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Faults of the disk, of coordinators and of members, and crashes at a point, as clients live through them.</summary>
public sealed class ProvokedFaultTests
{

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disk_that_hangs_holds_back_acknowledgements_until_it_goes_on(bool inMemory)
    {
        using var directory = new TemporaryDirectory();
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = inMemory ? null : directory.Path });
        await broker.CreateTopicAsync("t");
        using var producer = Client.Producer(broker);
        await producer.ProduceAsync("t", Message("before"));

        broker.Faults.Disk.Pause();
        var held = producer.ProduceAsync("t", Message("held"));
        producer.Flush(TimeSpan.FromMilliseconds(300));
        held.IsCompleted.Should().BeFalse();
        broker.Faults.Disk.Resume();

        (await held.WaitAsync(Client.Patience)).Offset.Value.Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_producer_waits_until_a_full_disk_has_space_again_and_readers_notice_nothing(bool inMemory)
    {
        using var directory = new TemporaryDirectory();
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = inMemory ? null : directory.Path });
        await broker.CreateTopicAsync("t");
        using var producer = Client.Producer(broker, config => config.EnableIdempotence = true);
        await producer.ProduceAsync("t", Message("before"));

        broker.Faults.Disk.Fill();
        var refused = producer.ProduceAsync("t", Message("refused"));
        using (var reader = Client.Consumer(broker, "g"))
        {
            reader.Assign(new TopicPartitionOffset("t", 0, 0));
            Client.Take(reader, 1).Should().ContainSingle();
        }
        refused.IsCompleted.Should().BeFalse();
        broker.Faults.Disk.Free();

        await refused.WaitAsync(Client.Patience);
        (await broker.ReadAsync("t", 0)).Select(record => record.Value).Should().BeEquivalentTo(new[] { "before"u8.ToArray(), "refused"u8.ToArray() });
    }

    [Fact]
    public async Task A_broker_that_ends_on_a_full_disk_has_all_that_it_acknowledged_when_it_comes_back()
    {
        using var directory = new TemporaryDirectory();
        await using (var full = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.Path }))
        {
            await full.CreateTopicAsync("t");
            await Client.Produce(full, "t", [("k", "v")]);
            full.Faults.Disk.Fill();
        }

        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.Path });
        (await broker.ReadAsync("t", 0)).Should().ContainSingle();
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task A_member_finds_its_moved_coordinator_again(GroupProtocol protocol)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        await Client.Produce(broker, "t", [("k", "v")]);
        // librdkafka asks for the coordinator behind its waiting fetch, and gives up what it has found while its connection there opens: it takes many rounds.
        using var consumer = Client.Consumer(broker, "g", config => (config.GroupProtocol, config.FetchWaitMaxMs) = (protocol, 10));
        consumer.Subscribe("t");
        var first = Client.Take(consumer, 1)[0];
        var members = await broker.MembersAsync("g");

        broker.Faults.MoveGroupCoordinator("g");
        Client.Until(() => Committed(consumer, first));

        (await broker.CommittedOffsetsAsync("g"))[("t", 0)].Should().Be(1);
        (await broker.MembersAsync("g")).Should().Equal(members);
    }

    [Fact]
    public async Task A_transaction_is_committed_once_by_a_coordinator_that_moved_in_the_middle_of_it()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using var producer = Transactional(broker);
        producer.BeginTransaction();
        await producer.ProduceAsync("t", Message("v"));

        broker.Faults.MoveTransactionCoordinator("tx");
        producer.CommitTransaction(Client.Patience);

        (await broker.ReadAsync("t", 0, committedOnly: true)).Should().ContainSingle();
        (await broker.OpenTransactionsAsync()).Should().BeEmpty();
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task An_expired_member_may_not_commit_and_joins_again(GroupProtocol protocol)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        await Client.Produce(broker, "t", [("k", "v")]);
        using var consumer = Client.Consumer(broker, "g", config => config.GroupProtocol = protocol);
        consumer.Subscribe("t");
        var first = Client.Take(consumer, 1)[0];
        var member = (await broker.MembersAsync("g")).Single();

        await broker.ExpireMemberAsync("g", member);
        consumer.Invoking(c => c.Commit(first)).Should().Throw<KafkaException>();
        (await broker.CommittedOffsetsAsync("g")).Should().BeEmpty();

        // It has committed nothing, so its new life begins with the same record.
        Client.Take(consumer, 1)[0].Message.Value.Should().Be("v");
        consumer.Commit(first);
        (await broker.CommittedOffsetsAsync("g"))[("t", 0)].Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_a_produce_request_leaves_its_records_once(bool isHandled)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using var producer = Client.Producer(broker, config => config.EnableIdempotence = true);
        await producer.ProduceAsync("t", Message("before"));

        var isBack = broker.Faults.CrashAndRestart(ApiKey.Produce, isHandled);
        var sent = producer.ProduceAsync("t", Message("at the crash"));
        await isBack.WaitAsync(Client.Patience);

        (await sent.WaitAsync(Client.Patience)).Offset.Value.Should().Be(1);
        (await broker.EndOffsetAsync("t", 0)).Should().Be(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_the_end_of_a_transaction_leaves_it_committed_as_a_whole(bool isHandled)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t", 2);
        using var producer = Transactional(broker);
        producer.BeginTransaction();
        producer.Produce(new TopicPartition("t", 0), Message("a"));
        producer.Produce(new TopicPartition("t", 1), Message("b"));
        producer.Flush(Client.Patience);

        var isBack = broker.Faults.CrashAndRestart(ApiKey.EndTxn, isHandled);
        producer.CommitTransaction(Client.Patience);
        await isBack.WaitAsync(Client.Patience);

        (await broker.ReadAsync("t", 0, committedOnly: true)).Should().ContainSingle();
        (await broker.ReadAsync("t", 1, committedOnly: true)).Should().ContainSingle();
        (await broker.OpenTransactionsAsync()).Should().BeEmpty();
    }

    private static IProducer<string, string> Transactional(EmbeddedBroker broker)
    {
        var producer = Client.Producer(broker, config => config.TransactionalId = "tx");
        producer.InitTransactions(Client.Patience);
        return producer;
    }

    private static bool Committed(IConsumer<string, string> consumer, ConsumeResult<string, string> record)
    {
        try
        {
            consumer.Commit(record);
            return true;
        }
        catch (KafkaException error) when (error.Error.Code == Confluent.Kafka.ErrorCode.NotCoordinatorForGroup)
        {
            return false;
        }
    }

    private static Message<string, string> Message(string value) => new() { Key = "k", Value = value };
}
