using Confluent.Kafka;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>Consumer groups of librdkafka, under both protocols.</summary>
public sealed class GroupTests
{
    public static TheoryData<GroupProtocol, PartitionAssignmentStrategy, string?> Kinds => new()
    {
        { GroupProtocol.Classic, PartitionAssignmentStrategy.Range, null },
        { GroupProtocol.Classic, PartitionAssignmentStrategy.RoundRobin, null },
        { GroupProtocol.Classic, PartitionAssignmentStrategy.CooperativeSticky, null },
        { GroupProtocol.Consumer, PartitionAssignmentStrategy.Range, "uniform" },
        { GroupProtocol.Consumer, PartitionAssignmentStrategy.Range, "range" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Members_share_the_partitions_and_take_over_from_one_that_closes(GroupProtocol protocol, PartitionAssignmentStrategy strategy, string? remote)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 6);
        await Client.Produce(broker, "t", Enumerable.Range(0, 60).Select(i => ($"k{i}", $"v{i}")));
        var seen = new HashSet<string>();
        var (a, b, c) = (Join(), Join(), Join());
        Settle([a, b, c]);
        Client.Until(() => Poll(a, b, c).Count == 60);
        c.Close();
        c.Dispose();
        Settle([a, b]);
        a.Close();
        b.Close();
        a.Dispose();
        b.Dispose();

        HashSet<string> Poll(params IConsumer<string, string>[] consumers)
        {
            foreach (var consumer in consumers)
                if (consumer.Consume(TimeSpan.FromMilliseconds(20)) is { } record)
                    seen.Add(record.Message.Value);
            return seen;
        }

        IConsumer<string, string> Join()
        {
            var consumer = Client.Consumer(broker, "g", config => Configure(config, protocol, strategy, remote));
            consumer.Subscribe("t");
            return consumer;
        }

        void Settle(IConsumer<string, string>[] consumers) => Client.Until(() =>
        {
            Poll(consumers);
            return consumers.Sum(consumer => consumer.Assignment.Count) == 6
                && consumers.SelectMany(consumer => consumer.Assignment).Distinct().Count() == 6
                && consumers.All(consumer => consumer.Assignment.Count == 6 / consumers.Length);
        });
    }

    [Theory]
    [InlineData(GroupProtocol.Classic)]
    [InlineData(GroupProtocol.Consumer)]
    public async Task Committed_offsets_are_where_the_next_member_goes_on(GroupProtocol protocol)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 1);
        await Client.Produce(broker, "t", Enumerable.Range(0, 10).Select(i => ("k", $"v{i}")));
        using (var first = Client.Consumer(broker, "g", config => Configure(config, protocol)))
        {
            first.Subscribe("t");
            foreach (var record in Client.Take(first, 4).Take(4))
                first.Commit(record);
            first.Close();
        }
        using var second = Client.Consumer(broker, "g", config => Configure(config, protocol));
        second.Subscribe("t");
        Client.Take(second, 1)[0].Message.Value.Should().Be("v4");
        second.Committed([new TopicPartition("t", 0)], Client.Patience).Single().Offset.Value.Should().Be(4);
        second.Close();
    }

    [Fact]
    public async Task Three_members_of_the_consumer_protocol_share_the_partitions()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 6);
        var consumers = Enumerable.Range(0, 3).Select(_ => Client.Consumer(broker, "g", config => Configure(config, GroupProtocol.Consumer))).ToArray();
        foreach (var consumer in consumers)
            consumer.Subscribe("t");
        Client.Until(() =>
        {
            foreach (var consumer in consumers)
                consumer.Consume(TimeSpan.FromMilliseconds(5));
            return consumers.All(consumer => consumer.Assignment.Count == 2);
        });
        foreach (var consumer in consumers)
        {
            consumer.Close();
            consumer.Dispose();
        }
    }

    [Fact]
    public async Task A_pattern_follows_topics_that_appear_later()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "orders-1", 1);
        using var consumer = Client.Consumer(broker, "g", config => Configure(config, GroupProtocol.Consumer));
        consumer.Subscribe("^orders-.*");
        Client.Until(() =>
        {
            consumer.Consume(TimeSpan.FromMilliseconds(20));
            return consumer.Assignment.Count == 1;
        });
        await Client.CreateTopic(broker, "orders-2", 2);
        Client.Until(() =>
        {
            consumer.Consume(TimeSpan.FromMilliseconds(20));
            return consumer.Assignment.Count == 3;
        });
        consumer.Close();
    }

    private static void Configure(ConsumerConfig config, GroupProtocol protocol, PartitionAssignmentStrategy strategy = PartitionAssignmentStrategy.Range, string? remote = null)
    {
        config.GroupProtocol = protocol;
        if (protocol == GroupProtocol.Classic)
        {
            config.PartitionAssignmentStrategy = strategy;
            config.HeartbeatIntervalMs = 200;
        }
        else
        {
            config.GroupRemoteAssignor = remote;
        }
    }
}
