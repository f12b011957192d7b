using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Integration.Tests;

/// <summary>
/// A backlog of months ago on a broker that deletes by the time of records: an instance that ends in the middle of it leaves its windows to the next one, which has
/// nothing but the changelog.
/// </summary>
public sealed class OldBacklogTests : IAsyncLifetime
{
    private const int Partitions = 2;
    private const int Users = 50;
    private const int PerUser = 20;
    private static readonly long _januaryMs = new DateTimeOffset(2024, 1, 15, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    // As Kafka Streams makes the changelog of these windows.
    private static readonly Dictionary<string, string> _kafkaStreams = new() { ["cleanup.policy"] = "compact,delete", ["retention.ms"] = "90000000" };
    private static readonly Dictionary<string, string> _unlimited = new() { ["retention.ms"] = "-1" };

    private EmbeddedBroker _broker = null!;
    private KafkaLogClients _clients = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new BrokerOptions { LogCareInterval = TimeSpan.FromMilliseconds(50) });
        _clients = new(new() { BootstrapServers = _broker.BootstrapServers });
    }

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, true)]
    public async Task Windows_outlive_the_instance_and_are_deleted_when_they_have_expired(ProcessingGuarantee guarantee, bool isMadeByKafkaStreams)
    {
        using var admin = _clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync([new("in", Partitions, _unlimited), new("out", 1, _unlimited), new("control", 1, _kafkaStreams)], default);
        if (isMadeByKafkaStreams)
            await admin.CreateTopicsAsync([new("app-counts-changelog", Partitions, _kafkaStreams)], default);

        Write("in", _januaryMs, PerUser);
        await using (var first = await Start(guarantee))
            await first.CaughtUpAsync().WaitAsync(_patience);
        Write("control", _januaryMs, 1);
        await Until("the broker has deleted what is old", async () => await Deleted(admin, "control", 1) > 0);

        await using var second = await Start(guarantee);
        Write("in", _januaryMs, PerUser);
        // Closes the windows.
        Write("in", _januaryMs + 10_000_000, 1);
        await second.CaughtUpAsync().WaitAsync(_patience);

        Results(Users).Should().Equal(Enumerable.Range(0, Users).Select(u => $"user {u}: {2 * PerUser}").Order(StringComparer.Ordinal));
        (await admin.TopicConfigsAsync(["app-counts-changelog"], default))["app-counts-changelog"]["retention.ms"].Should().Be("-1");
        for (var hour = 1; await Deleted(admin, "app-counts-changelog", Partitions) < Users; hour++)
        {
            Write("in", _januaryMs + 10_000_000 + (hour * 3_600_000L), 1);
            await second.CaughtUpAsync().WaitAsync(_patience);
            hour.Should().BeLessThan(2_000, "the windows of January have expired long ago");
        }
    }

    private async Task<StreamsApplication> Start(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromHours(1), TimeSpan.Zero))
            .Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream()
            .Map((key, count) => (key.Key, string.Create(CultureInfo.InvariantCulture, $"{key.Key}: {count}"))).To("out");
        var options = new StreamsOptions
        {
            ApplicationId = "app", Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(50) }, RepartitionPurgeInterval = TimeSpan.FromMilliseconds(50),
        };
        var application = new StreamsApplication(builder.Build(), options, _clients);
        await application.StartAsync();
        return application;
    }

    private void Write(string topic, long timeMs, int perUser)
    {
        using var producer = _clients.CreateProducer("writer", null);
        for (var i = 0; i < Users * perUser; i++)
        {
            var key = Encoding.UTF8.GetBytes($"user {i % Users}");
            producer.Send(topic, Murmur2.Partition(key, producer.PartitionCount(topic)), new LogRecord { Key = key, HasKey = true, Value = "v"u8, HasValue = true, Timestamp = timeMs });
        }

        producer.Flush();
    }

    // The first results; those of the windows that only close others come behind them.
    private List<string> Results(int count)
    {
        using var reader = _clients.CreateRestoreConsumer("reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [new("out", 0)] = 0 });
        var results = new List<string>();
        for (var clock = Stopwatch.StartNew(); results.Count < count && clock.Elapsed < _patience;)
        {
            var batch = reader.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
                results.Add(Encoding.UTF8.GetString(batch[i].Value));
        }

        return results.Order(StringComparer.Ordinal).ToList();
    }

    private static async Task<long> Deleted(ILogAdmin admin, string topic, int partitions) =>
        (await admin.OffsetsAsync(Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p)).ToList(), default)).Values.Sum(o => o.Start);

    private static async Task Until(string what, Func<Task<bool>> condition)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var clock = Stopwatch.StartNew(); !await condition(); await ticks.WaitForNextTickAsync())
            clock.Elapsed.Should().BeLessThan(_patience, what);
    }
}
