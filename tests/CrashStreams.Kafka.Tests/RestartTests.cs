using CrashStreams.Broker;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Clients that live longer than their only broker.</summary>
public sealed class RestartTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Fact]
    public async Task Transactions_with_offsets_go_on_when_the_broker_is_back()
    {
        var topic = await NewTopic();
        var consumer = Open(Clients.CreateConsumer(NewName("member"), NewName("group"), readCommitted: true));
        var producer = Open(new KafkaLogClients(Options with { RequestTimeout = TimeSpan.FromSeconds(10) }).CreateProducer(NewName("producer"), NewName("id")));
        producer.InitTransactions();
        Commit("before");

        await _broker.CrashAsync();
        producer.BeginTransaction();
        producer.Send(topic, 0, Record(null, "while it is away"));
        await _broker.RestartAsync();
        producer.CommitTransaction(Offsets(), consumer.GroupIdentity);
        Commit("after");

        ReadAll(NewReader(topic), 3).Select(r => r.Value).Should().Equal("before", "while it is away", "after");

        void Commit(string value)
        {
            producer.BeginTransaction();
            producer.Send(topic, 0, Record(null, value));
            producer.CommitTransaction(Offsets(), consumer.GroupIdentity);
        }

        Dictionary<TopicPartition, OffsetAndMetadata> Offsets() => new() { [new(topic, 0)] = new(1, "") };
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
