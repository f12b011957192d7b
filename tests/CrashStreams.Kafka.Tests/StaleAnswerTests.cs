using CrashStreams.Broker;
using CrashStreams.Protocol;

namespace CrashStreams.Kafka.Tests;

/// <summary>An answer to a fetch that says what is not, or no longer, true of the log.</summary>
public abstract class StaleAnswerTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Fact]
    public async Task A_member_reads_on_when_its_offset_is_called_out_of_range_but_is_not()
    {
        var topic = await NewTopic(partitions: 2);
        Send(NewProducer(), topic, 0, "a");
        Send(NewProducer(), topic, 1, "b");
        var consumer = Open(Clients.CreateConsumer(NewName("member"), NewName("group"), readCommitted: true));
        consumer.Subscribe([topic], new Assignments());
        ReadAll(consumer, 2);

        _broker.Faults.Fail(ApiKey.Fetch, ErrorCode.OffsetOutOfRange);
        Send(NewProducer(), topic, 0, "c");
        Send(NewProducer(), topic, 1, "d");

        ReadAll(consumer, 2).Select(r => r.Value).Should().BeEquivalentTo("c", "d");
    }

    [Fact]
    public async Task A_member_that_starts_at_the_beginning_asks_anew_where_that_is()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "a");
        var consumer = Open(Clients.CreateConsumer(NewName("member"), NewName("group"), readCommitted: true));
        consumer.Subscribe([topic], new Assignments());

        _broker.Faults.Fail(ApiKey.Fetch, ErrorCode.OffsetOutOfRange);

        ReadAll(consumer, 1).Select(r => r.Value).Should().Equal("a");
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}

public sealed class Stale_answers_to_members : StaleAnswerTests;

public sealed class Stale_answers_to_classic_members : StaleAnswerTests
{
    protected override GroupProtocol Protocol => GroupProtocol.Classic;
}
