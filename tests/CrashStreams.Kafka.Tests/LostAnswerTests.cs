using CrashStreams.Broker;
using CrashStreams.Log;
using CrashStreams.Protocol;

namespace CrashStreams.Kafka.Tests;

/// <summary>An answer that never comes, on a connection that stays.</summary>
public sealed class LostAnswerTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Fact]
    public async Task Committed_offsets_are_asked_for_again_within_the_timeout_of_the_request()
    {
        var partition = new TopicPartition(await NewTopic(), 0);
        var consumer = Open(Clients.CreateConsumer(NewName("reader"), NewName("group"), readCommitted: true));
        consumer.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(0, "") });

        _broker.Faults.Drop(ApiKey.OffsetFetch);

        consumer.Committed([partition]).Should().ContainKey(partition);
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
