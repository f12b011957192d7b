using Confluent.Kafka;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>librdkafka consumers of both protocols in one group.</summary>
public sealed class MixedGroupTests
{
    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    public async Task A_group_changes_its_protocol_member_by_member_and_back_while_it_consumes(PartitionAssignmentStrategy strategy)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await Client.CreateTopic(broker, "t", 6);
        var seen = new HashSet<string>();
        var consumers = new List<IConsumer<string, string>> { Join(GroupProtocol.Classic), Join(GroupProtocol.Classic) };
        Settle();
        await ExpectRecords("classic");

        consumers.Add(Join(GroupProtocol.Consumer));
        Settle();
        await ExpectRecords("mixed");

        Leave(consumers[0]);
        consumers.Add(Join(GroupProtocol.Consumer));
        Settle();
        await ExpectRecords("more consumers than classic members");

        Leave(consumers[2]);
        Leave(consumers[1]);
        Settle();
        await ExpectRecords("classic again");
        (await broker.LookAsync(core => core.Groups.Find("g")!.Membership.GroupType)).Should().Be("classic");
        consumers.ToList().ForEach(Leave);

        async Task ExpectRecords(string name)
        {
            await Client.Produce(broker, "t", Enumerable.Range(0, 30).Select(i => ($"k{i}", $"{name} {i}")));
            Client.Until(() => Poll().Count(value => value.StartsWith(name, StringComparison.Ordinal)) == 30);
        }

        HashSet<string> Poll()
        {
            foreach (var consumer in consumers)
                if (consumer.Consume(TimeSpan.FromMilliseconds(10)) is { } record)
                    seen.Add(record.Message.Value);
            return seen;
        }

        void Settle() => Client.Until(() =>
        {
            Poll();
            return consumers.All(consumer => consumer.Assignment.Count == 6 / consumers.Count) && consumers.SelectMany(consumer => consumer.Assignment).Distinct().Count() == 6;
        });

        IConsumer<string, string> Join(GroupProtocol protocol)
        {
            var consumer = Client.Consumer(broker, "g", config =>
            {
                config.GroupProtocol = protocol;
                if (protocol != GroupProtocol.Classic)
                    return;
                config.PartitionAssignmentStrategy = strategy;
                config.HeartbeatIntervalMs = 100;
            });
            consumer.Subscribe("t");
            return consumer;
        }

        void Leave(IConsumer<string, string> consumer)
        {
            consumers.Remove(consumer);
            consumer.Close();
            consumer.Dispose();
        }
    }
}
