using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;

namespace CrashStreams.Integration.Tests;

/// <summary>Another application's transactions in an input: at-least-once reads what was committed, and all only where that is wanted.</summary>
public abstract class IsolationTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly string _name = $"isolation-{Guid.NewGuid():N}";

    protected abstract IKafkaBroker Broker { get; }

    [Theory]
    [InlineData(IsolationLevel.ReadCommitted, "committed later")]
    [InlineData(IsolationLevel.ReadUncommitted, "aborted committed later")]
    public async Task Records_of_aborted_transactions_are_read_only_where_that_is_wanted(IsolationLevel isolation, string expected)
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers });
        using var admin = clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync([new($"{_name}-in", 1, new Dictionary<string, string>()), new($"{_name}-out", 1, new Dictionary<string, string>())], default);
        using var producer = clients.CreateProducer("writer", $"{_name}-writer");
        producer.InitTransactions();
        Send(producer, "aborted");
        producer.AbortTransaction();
        Send(producer, "committed");
        producer.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata>(), new object());
        Send(producer, "later");
        producer.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata>(), new object());

        var builder = new StreamsBuilder();
        var seen = new List<string>();
        builder.Stream<byte[], string>($"{_name}-in").Peek((_, value) => seen.Add(value)).To($"{_name}-out");
        await using var application = new StreamsApplication(builder.Build(), new() { ApplicationId = _name, Delivery = { Isolation = isolation } }, clients);
        await application.StartAsync();
        await application.CaughtUpAsync().WaitAsync(_patience);
        await application.StopAsync();

        string.Join(' ', seen).Should().Be(expected);
    }

    private void Send(ILogProducer producer, string value)
    {
        producer.BeginTransaction();
        producer.Send($"{_name}-in", 0, new LogRecord { Value = Encoding.UTF8.GetBytes(value), HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        producer.Flush();
    }
}

public sealed class Isolation_on_the_embedded_broker(EmbeddedKafka broker) : IsolationTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Isolation_on_Apache_Kafka(ApacheKafkaFixture fixture) : IsolationTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
