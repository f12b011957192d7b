using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>A consumer finds out by itself which group protocol the broker has.</summary>
public sealed class GroupProtocolTests : LogTest
{
    private readonly Lazy<ApacheKafka> _old = new(() => new ApacheKafka("group.coordinator.rebalance.protocols=classic"));

    protected override IKafkaBroker Broker
    {
        get
        {
            if (ApacheKafka.WhyMissing is { } reason)
                Assert.Skip(reason);
            return _old.Value;
        }
    }

    protected override GroupProtocol Protocol => GroupProtocol.Auto;

    [Fact]
    public async Task A_broker_without_the_new_group_protocol_is_spoken_to_in_the_classic_one()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "a");
        var consumer = Open(Clients.CreateConsumer(NewName("member"), NewName("group"), readCommitted: true));
        var assignments = new Assignments();
        consumer.Subscribe([topic], assignments);

        ReadAll(consumer, 1).Should().ContainSingle();

        consumer.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [new(topic, 0)] = new(1, "") });
        assignments.Events.Should().Equal("assigned 1");
    }

    protected override void Stop()
    {
        if (_old.IsValueCreated)
            _old.Value.Dispose();
    }
}
