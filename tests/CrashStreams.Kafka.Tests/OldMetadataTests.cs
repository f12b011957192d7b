using CrashStreams.Broker;
using CrashStreams.Log;
using CrashStreams.Protocol;

namespace CrashStreams.Kafka.Tests;

/// <summary>What the client knows of leaders is old after a broker's restart: that passes, and is no reason to give up.</summary>
public sealed class OldMetadataTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Theory]
    [InlineData("FencedLeaderEpoch")]
    [InlineData("UnknownLeaderEpoch")]
    [InlineData("KafkaStorageError")]
    [InlineData("OffsetNotAvailable")]
    public async Task An_old_leader_epoch_is_told_as_a_passing_fault(string code)
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "a");
        var admin = Open(Clients.CreateAdmin("admin"));
        TopicPartition[] partition = [new(topic, 0)];

        _broker.Faults.Fail(ApiKey.ListOffsets, Enum.Parse<ErrorCode>(code));
        var ask = () => admin.OffsetsAsync(partition, CancellationToken.None);

        (await ask.Should().ThrowAsync<LogException>()).Which.IsRetriable.Should().BeTrue();
        (await ask())[partition[0]].End.Should().Be(1);
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
