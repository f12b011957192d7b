using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Administration through librdkafka.</summary>
public sealed class AdminTests
{
    [Fact]
    public async Task Topics_are_created_listed_grown_and_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        using var admin = Client.Admin(broker);
        await Client.CreateTopic(broker, "a", 2);

        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = "a", IncreaseTo = 5 }]);
        admin.GetMetadata("a", Client.Patience).Topics[0].Partitions.Should().HaveCount(5);
        var again = () => Client.CreateTopic(broker, "a", 1);
        (await again.Should().ThrowAsync<CreateTopicsException>()).Which.Results[0].Error.Code.Should().Be(Confluent.Kafka.ErrorCode.TopicAlreadyExists);

        await admin.DeleteTopicsAsync(["a"]);
        admin.GetMetadata(Client.Patience).Topics.Should().BeEmpty();
    }

    [Fact]
    public async Task A_config_that_is_not_honoured_is_refused()
    {
        await using var broker = await EmbeddedBroker.StartAsync();

        var create = () => Client.CreateTopic(broker, "a", 1, new() { ["flush.messages"] = "1" });

        (await create.Should().ThrowAsync<CreateTopicsException>()).Which.Results[0].Error.Code.Should().Be(Confluent.Kafka.ErrorCode.InvalidConfig);
    }

    [Fact]
    public async Task Configs_are_described_and_changed_one_by_one()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "a", 1, new() { ["retention.ms"] = "1000" });
        using var admin = Client.Admin(broker);
        var resource = new ConfigResource { Type = ResourceType.Topic, Name = "a" };

        await admin.IncrementalAlterConfigsAsync(new()
        {
            [resource] =
            [
                new ConfigEntry { Name = "cleanup.policy", Value = "compact", IncrementalOperation = AlterConfigOpType.Append },
                new ConfigEntry { Name = "retention.ms", IncrementalOperation = AlterConfigOpType.Delete },
            ],
        });

        var configs = (await admin.DescribeConfigsAsync([resource]))[0].Entries;
        configs["cleanup.policy"].Value.Should().Be("delete,compact");
        configs["retention.ms"].IsDefault.Should().BeTrue();
    }

    [Fact]
    public async Task Deleted_records_are_gone_and_the_log_begins_behind_them()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "a", 1);
        await Client.Produce(broker, "a", Enumerable.Range(0, 10).Select(i => ("k", $"{i}")));
        using var admin = Client.Admin(broker);

        await admin.DeleteRecordsAsync([new TopicPartitionOffset("a", 0, 6)]);

        Client.ConsumeAll(broker, "a", 4)[0].Offset.Value.Should().Be(6);
        using var consumer = Client.Consumer(broker, "g");
        consumer.QueryWatermarkOffsets(new TopicPartition("a", 0), Client.Patience).Low.Value.Should().Be(6);
    }

    [Fact]
    public async Task Offsets_are_found_by_time()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "a", 1);
        using (var producer = Client.Producer(broker))
            for (var i = 0; i < 5; i++)
                await producer.ProduceAsync("a", new Message<string, string> { Key = "k", Value = "v", Timestamp = new Timestamp(1_000_000 + i * 10, TimestampType.CreateTime) });
        using var consumer = Client.Consumer(broker, "g");

        long Find(long ms) => consumer.OffsetsForTimes([new TopicPartitionTimestamp("a", 0, new Timestamp(ms, TimestampType.CreateTime))], Client.Patience)[0].Offset.Value;

        Find(1_000_000).Should().Be(0);
        Find(1_000_015).Should().Be(2);
        Find(1_000_041).Should().Be(Offset.End.Value);
    }

    [Fact]
    public async Task Groups_are_listed_described_and_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "a", 1);
        await Client.Produce(broker, "a", [("k", "v")]);
        using var admin = Client.Admin(broker);
        using (var consumer = Client.Consumer(broker, "g"))
        {
            consumer.Subscribe("a");
            Client.Take(consumer, 1);
            consumer.Commit();
            var described = (await admin.DescribeConsumerGroupsAsync(["g"])).ConsumerGroupDescriptions[0];
            described.State.Should().Be(ConsumerGroupState.Stable);
            described.Members.Should().HaveCount(1);
            consumer.Close();
        }

        (await admin.ListConsumerGroupsAsync()).Valid.Select(group => group.GroupId).Should().Equal("g");
        await admin.DeleteGroupsAsync(["g"]);
        (await admin.ListConsumerGroupsAsync()).Valid.Should().BeEmpty();
    }
}
