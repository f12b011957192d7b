using CrashStreams.Broker;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>
/// A watermark marker says that everything before it is written. So a record is never written without those that were sent to the partition before it, also when
/// the broker was away for longer than a delivery may take.
/// </summary>
public sealed class DeliveryOrderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-delivery-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_sent_behind_a_record_is_not_written_without_it()
    {
        var broker = await EmbeddedBroker.StartAsync(new() { DataDirectory = _directory });
        await broker.CreateTopicAsync("t", 1);
        var port = int.Parse(broker.BootstrapServers.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        var clients = new KafkaLogClients(new()
        {
            BootstrapServers = broker.BootstrapServers, DeliveryTimeout = TimeSpan.FromSeconds(1), RequestTimeout = TimeSpan.FromSeconds(1),
        });
        using var producer = clients.CreateProducer("p", null);
        Send(producer, "first");
        producer.Flush();
        await broker.DisposeAsync();

        Send(producer, "record");
        producer.Invoking(p => p.Flush()).Should().Throw<LogException>().Which.IsRetriable.Should().BeTrue();
        Send(producer, "marker");
        await using var again = await EmbeddedBroker.StartAsync(new() { DataDirectory = _directory, Port = port });
        FlushUntilWritten(producer);

        using var consumer = clients.CreateRestoreConsumer("c", readCommitted: true);
        consumer.Assign(new Dictionary<TopicPartition, long> { [new("t", 0)] = 0 });
        var read = new List<string?>();
        while (!read.Contains("marker"))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var batch = consumer.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
                read.Add(Read.Of(batch, i).Value);
        }

        read.Should().Equal("first", "record", "marker");
    }

    // The client comes back to a broker that was away after some seconds.
    private static void FlushUntilWritten(ILogProducer producer)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                producer.Flush();
                return;
            }
            catch (LogException e) when (e.IsRetriable && attempts < 30)
            {
                // Not there yet.
            }
        }
    }

    private static void Send(ILogProducer producer, string value) =>
        producer.Send("t", 0, new LogRecord { Value = System.Text.Encoding.UTF8.GetBytes(value), HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
}
