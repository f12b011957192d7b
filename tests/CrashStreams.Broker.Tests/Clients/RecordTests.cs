using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Records through librdkafka, over TCP.</summary>
public sealed class RecordTests
{
    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task What_is_produced_is_consumed_in_order_per_partition(CompressionType compression)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 3);

        await Client.Produce(broker, "t", Enumerable.Range(0, 300).Select(i => ($"k{i % 10}", $"v{i}")), config => config.CompressionType = compression);

        var read = Client.ConsumeAll(broker, "t", 300);
        read.Should().HaveCount(300);
        foreach (var partition in read.GroupBy(record => record.Partition))
        {
            partition.Select(record => record.Offset.Value).Should().Equal(Enumerable.Range(0, partition.Count()).Select(i => (long)i));
            partition.Select(record => int.Parse(record.Message.Value[1..])).Should().BeInAscendingOrder();
        }
    }

    [Fact]
    public async Task A_group_goes_on_where_it_committed()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 1);
        await Client.Produce(broker, "t", Enumerable.Range(0, 10).Select(i => ("k", $"v{i}")));

        using (var first = Client.Consumer(broker, "g"))
        {
            first.Subscribe("t");
            var records = Client.Take(first, 4);
            first.Commit(records[^1]);
            first.Close();
        }

        using var second = Client.Consumer(broker, "g");
        second.Subscribe("t");
        Client.Take(second, 6)[0].Message.Value.Should().Be("v4");
    }

    [Fact]
    public async Task Two_members_share_the_partitions()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 4);
        using var one = Client.Consumer(broker, "g");
        using var two = Client.Consumer(broker, "g");
        one.Subscribe("t");
        two.Subscribe("t");

        Client.Until(() =>
        {
            one.Consume(TimeSpan.FromMilliseconds(50));
            two.Consume(TimeSpan.FromMilliseconds(50));
            return one.Assignment.Count == 2 && two.Assignment.Count == 2;
        });

        one.Assignment.Concat(two.Assignment).Select(partition => partition.Partition.Value).Should().BeEquivalentTo([0, 1, 2, 3]);
    }

    [Fact]
    public async Task Two_members_of_the_new_protocol_share_the_partitions()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 4);
        using var one = Client.Consumer(broker, "g", config => config.GroupProtocol = GroupProtocol.Consumer);
        using var two = Client.Consumer(broker, "g", config => config.GroupProtocol = GroupProtocol.Consumer);
        one.Subscribe("t");
        two.Subscribe("t");

        Client.Until(() =>
        {
            one.Consume(TimeSpan.FromMilliseconds(20));
            two.Consume(TimeSpan.FromMilliseconds(20));
            return one.Assignment.Count == 2 && two.Assignment.Count == 2;
        });

        one.Assignment.Concat(two.Assignment).Select(partition => partition.Partition.Value).Should().BeEquivalentTo([0, 1, 2, 3]);
    }

    [Fact]
    public async Task Records_and_groups_survive_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("crashstreams");
        try
        {
            await using (var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.FullName }))
            {
                await Client.CreateTopic(broker, "t", 2);
                await Client.Produce(broker, "t", Enumerable.Range(0, 50).Select(i => ($"k{i}", $"v{i}")));
                using var consumer = Client.Consumer(broker, "g");
                consumer.Commit([new TopicPartitionOffset("t", 0, 7)]);
            }

            await using var again = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.FullName });
            Client.ConsumeAll(again, "t", 50).Should().HaveCount(50);
            using var reader = Client.Consumer(again, "g");
            reader.Committed([new TopicPartition("t", 0)], Client.Patience)[0].Offset.Value.Should().Be(7);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
