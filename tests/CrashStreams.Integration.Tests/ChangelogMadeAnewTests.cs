using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;
using CrashStreams.RocksDb;

namespace CrashStreams.Integration.Tests;

/// <summary>
/// An operator deletes a changelog while nobody runs, and makes it anew with more records than it had: the position of the local state lies within it, and means nothing there.
/// </summary>
public abstract class ChangelogMadeAnewTests : IDisposable
{
    private const int Partitions = 2;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private readonly string _name = $"anew-{Guid.NewGuid():N}";
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-anew-").FullName;
    private readonly LogLines _log = new();
    private readonly List<RestoreProgress> _restores = [];

    protected abstract IKafkaBroker Broker { get; }

    private string Changelog => $"{_name}-counts-changelog";

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task The_local_state_is_replaced_by_what_the_new_changelog_has(ProcessingGuarantee guarantee)
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers });
        using var admin = clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync([new($"{_name}-in", Partitions, new Dictionary<string, string>())], default);
        using var state = new RocksDbState(new() { Directory = _directory });
        Write(clients, $"{_name}-in", "old", 20, "v"u8);
        await using (var first = await Start(clients, state, guarantee))
        {
            await first.CaughtUpAsync().WaitAsync(_patience);
            (await Counts(first, 20)).Should().OnlyContain(e => e.Key.StartsWith("old", StringComparison.Ordinal) && e.Value == 1);
        }

        await using (var again = await Start(clients, state, guarantee))
            await Counts(again, 20);
        Restored.Should().Be(0, "a changelog that is still the same adds nothing to the state");

        await admin.DeleteTopicsAsync([Changelog], default);
        await admin.CreateTopicsAsync([new(Changelog, Partitions, new Dictionary<string, string> { ["cleanup.policy"] = "compact" })], default);
        Write(clients, Changelog, "new", 300, [0, 0, 0, 0, 0, 0, 0, 7]);
        await using (var second = await Start(clients, state, guarantee))
            (await Counts(second, 300)).Should().OnlyContain(e => e.Key.StartsWith("new", StringComparison.Ordinal) && e.Value == 7);
        Restored.Should().Be(300, "all of the new changelog makes the state");
        _log.ToString().Should().Contain($"the local state of store 'counts' is deleted and rebuilt: {Changelog} was deleted and made anew");

        await using (var third = await Start(clients, state, guarantee))
            await Counts(third, 300);
        Restored.Should().Be(300, "the state is of the new changelog now");
    }

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private long Restored
    {
        get
        {
            lock (_restores)
                return _restores.Where(r => r.IsComplete).Sum(r => r.Records);
        }
    }

    private async Task<StreamsApplication> Start(KafkaLogClients clients, RocksDbState state, ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>($"{_name}-in").GroupByKey().Count("counts");
        var options = new StreamsOptions { ApplicationId = _name, Delivery = { Guarantee = guarantee }, State = { Storage = state, OnRestore = Tell } };
        var application = new StreamsApplication(builder.Build(), options, clients, _log);
        await application.StartAsync();
        return application;
    }

    // Called by stream threads.
    private void Tell(RestoreProgress progress)
    {
        lock (_restores)
            _restores.Add(progress);
    }

    /// <summary>What the store holds when both partitions are there.</summary>
    private static async Task<IReadOnlyList<KeyValuePair<string, long>>> Counts(StreamsApplication application, int count)
    {
        IReadOnlyList<KeyValuePair<string, long>> all = [];
        await Monitors.Until(() => (all = Ask(application)).Count >= count);
        all.Should().HaveCount(count);
        return all;
    }

    private static IReadOnlyList<KeyValuePair<string, long>> Ask(StreamsApplication application)
    {
        try
        {
            return application.KeyValueStore<string, long>("counts").AllAsync().GetAwaiter().GetResult();
        }
        catch (StoreUnavailableException)
        {
            return [];
        }
    }

    private static void Write(KafkaLogClients clients, string topic, string prefix, int count, ReadOnlySpan<byte> value)
    {
        using var producer = clients.CreateProducer("writer", null);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            var key = Encoding.UTF8.GetBytes($"{prefix} {i}");
            producer.Send(topic, Murmur2.Partition(key, Partitions), new LogRecord { Key = key, HasKey = true, Value = value, HasValue = true, Timestamp = now });
        }

        producer.Flush();
    }
}

public sealed class A_changelog_made_anew_on_the_embedded_broker(EmbeddedKafka broker) : ChangelogMadeAnewTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class A_changelog_made_anew_on_Apache_Kafka(ApacheKafkaFixture fixture) : ChangelogMadeAnewTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
