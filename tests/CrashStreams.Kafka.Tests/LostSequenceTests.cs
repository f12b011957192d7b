using CrashStreams.Broker;
using CrashStreams.Log;
using CrashStreams.Protocol;

namespace CrashStreams.Kafka.Tests;

/// <summary>A broker that expects another sequence number than the producer's first one in flight: the client gives up for good, and a new one goes on.</summary>
public sealed class LostSequenceTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_producer_is_to_be_replaced_and_its_successor_goes_on(bool isTransactional)
    {
        var topic = await NewTopic();
        var id = isTransactional ? NewName("id") : null;
        var lost = New(id);
        lost.Send(topic, 0, Record(null, "lost"));

        _broker.Faults.Fail(ApiKey.Produce, ErrorCode.OutOfOrderSequenceNumber);
        var error = FailureOf(lost.Flush)!;

        error.IsFenced.Should().BeTrue(error.Message);
        var successor = New(id);
        Send(successor, topic, 0, "written");
        if (isTransactional)
            successor.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata>(), new object());
        ReadAll(NewReader(topic), 1).Select(r => r.Value).Should().Equal("written");
    }

    private ILogProducer New(string? id)
    {
        var producer = NewProducer(id);
        if (id is null)
            return producer;
        producer.InitTransactions();
        producer.BeginTransaction();
        return producer;
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
