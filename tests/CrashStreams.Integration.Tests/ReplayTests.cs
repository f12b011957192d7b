using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;
using CrashStreams.Tests.Time;

namespace CrashStreams.Integration.Tests;

/// <summary>
/// The first promise on a real broker: instances that were there when the records came, and others that find them as a backlog, are started later,
/// and one of which is stopped and replaced in the middle, give the same alerts and the same late records, those of the ideal run.
/// </summary>
public abstract class ReplayTests
{
    private const int Records = 6_000;
    private const long EndMs = 4_000_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly Stage _users = new(10_000, 10_000, 30_000, GroupOf);
    private static readonly Stage _groups = new(60_000, 60_000, 30_000, key => key);
    private readonly string _name = $"replay-{Guid.NewGuid():N}";

    [Theory]
    [InlineData(12, false, false, 1, 2, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(12, true, true, 2, 1, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(40, false, true, 1, 5, ProcessingGuarantee.ExactlyOnce)]
    public async Task A_backlog_gives_the_alerts_and_the_late_records_of_the_live_run(
        int partitions, bool isKeyed, bool hasTwoShuffles, int liveInstances, int replayInstances, ProcessingGuarantee guarantee)
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers });
        using var admin = clients.CreateAdmin("admin");
        // Timestamps lie in the past: with the default retention a broker would delete the records.
        await admin.CreateTopicsAsync([new($"{_name}-in", partitions, new Dictionary<string, string> { ["retention.ms"] = "-1" })], default);
        var input = Input(partitions, isKeyed);
        var ideal = new Metronome(hasTwoShuffles ? [_users, _groups] : [_users], input);
        ideal.Results.Should().NotBeEmpty();
        ideal.Late.Should().NotBeEmpty();

        await using var live = new Run(this, clients, "live", hasTwoShuffles, guarantee);
        for (var i = 0; i < liveInstances; i++)
            await live.StartInstance();
        Write(clients, input, isKeyed);
        await live.Expect(ideal);

        await using var replay = new Run(this, clients, "replay", hasTwoShuffles, guarantee);
        for (var i = 0; i < replayInstances; i++)
            await replay.StartInstance();
        await replay.ReplaceFirstInstance();
        await replay.Expect(ideal);
    }

    protected abstract IKafkaBroker Broker { get; }

    // Clocks that are shifted, disorder within the grace, records beyond it. Without keys the first partition gets ten times as many records of the same
    // time as any other: read side by side, it is ten times slower.
    private static List<Note>[] Input(int partitions, bool isKeyed)
    {
        var random = new Random(7);
        var notes = Enumerable.Range(0, partitions).Select(_ => new List<Note>()).ToArray();
        var shifts = notes.Select(_ => random.Next(0, 60_000)).ToArray();
        for (var i = 0; i < Records; i++)
        {
            var user = $"u{random.Next(40)}";
            var partition = isKeyed ? Murmur2.Partition(Encoding.UTF8.GetBytes(user), partitions) : Math.Max(0, random.Next(-9, partitions));
            var backMs = random.Next(20) == 0 ? random.Next(60_000, 120_000) : random.Next(20_000);
            notes[partition].Add(new(user, Math.Max(1, (i * 200L) + shifts[partition] - backMs)));
        }

        foreach (var partition in notes)
            partition.Add(new(null, EndMs));
        return notes;
    }

    // Live, all partitions come along together, as in the ideal run.
    private void Write(KafkaLogClients clients, List<Note>[] input, bool isKeyed)
    {
        using var producer = clients.CreateProducer("writer", null);
        for (var i = 0; input.Any(p => i < p.Count); i++)
        {
            for (var p = 0; p < input.Length; p++)
            {
                if (i >= input[p].Count)
                    continue;
                var value = Encoding.UTF8.GetBytes(input[p][i].Key ?? "-");
                producer.Send($"{_name}-in", p, new LogRecord { Key = value, HasKey = isKeyed, Value = value, HasValue = true, Timestamp = input[p][i].TimeMs });
            }

            // Many small fetches, so that instances are in the middle of it when the next records come.
            if (i % 10 == 0)
                producer.Flush();
        }

        producer.Flush();
    }

    private static string GroupOf(string user) => $"g{user[^1]}";

    /// <summary>An application on the input, with topics of its own for what it finds.</summary>
    private sealed class Run(ReplayTests test, KafkaLogClients clients, string name, bool hasTwoShuffles, ProcessingGuarantee guarantee) : IAsyncDisposable
    {
        private readonly string _id = $"{test._name}-{name}";
        private readonly List<StreamsApplication> _instances = [];

        public async Task StartInstance()
        {
            if (_instances.Count == 0)
            {
                using var admin = clients.CreateAdmin("admin");
                var keep = new Dictionary<string, string> { ["retention.ms"] = "-1" };
                await admin.CreateTopicsAsync([new($"{_id}-out", 1, keep), new($"{_id}-late", 1, keep)], default);
            }

            var instance = new StreamsApplication(
                Build(), new() { ApplicationId = _id, Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(100) }, Time = { LateTopic = $"{_id}-late" } }, clients);
            _instances.Add(instance);
            await instance.StartAsync();
        }

        public async Task ReplaceFirstInstance()
        {
            var clock = Stopwatch.StartNew();
            using (var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(5)))
            {
                while (_instances.Sum(i => i.ProcessedRecords) == 0 && clock.Elapsed < _patience)
                    await ticks.WaitForNextTickAsync();
            }

            await _instances[0].DisposeAsync();
            _instances.RemoveAt(0);
            await StartInstance();
        }

        /// <summary>Waits until all that has to be there is there, and the input is processed to its end: then nothing more may be there.</summary>
        public async Task Expect(Metronome ideal)
        {
            await _instances[0].CaughtUpAsync().WaitAsync(_patience);
            var results = Read($"{_id}-out", ideal.Results.Count, (in LogRecord r) => $"{Encoding.UTF8.GetString(r.Key)}={Encoding.UTF8.GetString(r.Value)} @{r.Timestamp}");
            AssertSame(results, ideal.Results.Select(r => $"{r.Key} {r.StartMs}={r.Sum} @{r.TimeMs}"));
            AssertSame(
                Read($"{_id}-late", ideal.Late.Count, Describe),
                ideal.Late.Select(m => m.Partition < 0 ? $"result {m.Key} for {m.StartMs}" : $"{m.Partition}@{m.Position} of {m.Key} for {m.StartMs}"));
            // One that failed says why.
            await Task.WhenAll(_instances.Where(i => i.State == ApplicationState.Failed).Select(i => i.Completion));
            _instances.Should().OnlyContain(i => i.State == ApplicationState.Running);
        }

        // In order, because to compare thousands of rows in any order takes minutes.
        private void AssertSame(List<string> actual, IEnumerable<string> expected) =>
            actual.Order(StringComparer.Ordinal).Should().Equal(expected.Order(StringComparer.Ordinal), "that is what there has to be of {0}", name);

        public async ValueTask DisposeAsync()
        {
            foreach (var instance in _instances)
                await instance.DisposeAsync();
        }

        private delegate string Description(in LogRecord record);

        private List<string> Read(string topic, int count, Description describe)
        {
            using var consumer = clients.CreateRestoreConsumer("reader", readCommitted: true);
            consumer.Assign(new Dictionary<TopicPartition, long> { [new(topic, 0)] = 0 });
            var found = new List<string>();
            var clock = Stopwatch.StartNew();
            for (var isEmpty = false; clock.Elapsed < _patience && (found.Count < count || !isEmpty);)
            {
                var batch = consumer.Poll(TimeSpan.FromMilliseconds(300));
                isEmpty = batch.Count == 0;
                for (var i = 0; i < batch.Count; i++)
                    found.Add(describe(batch[i]));
            }

            return found;
        }

        private static string Describe(in LogRecord late)
        {
            var headers = late.Headers!;
            var key = Encoding.UTF8.GetString(late.Key);
            return headers.Last("cs-source-partition") is { } partition
                ? $"{Encoding.UTF8.GetString(partition)}@{Encoding.UTF8.GetString(headers.Last("cs-source-offset")!)} of {key} for {Encoding.UTF8.GetString(headers.Last("cs-window-start")!)}"
                : $"result {key} for {Encoding.UTF8.GetString(headers.Last("cs-window-start")!)}";
        }

        private Topology Build()
        {
            var builder = new StreamsBuilder();
            var users = builder.Stream<string, string>($"{test._name}-in")
                .Filter((_, user) => user != "-")
                .SelectKey((_, user) => user)
                .GroupByKey(new() { Name = "by-user" })
                .WindowedBy(Windows(_users)).Count("users").Suppress(Suppressed.UntilWindowCloses(), "final").ToStream();
            var results = hasTwoShuffles
                ? users.SelectKey((key, _) => GroupOf(key.Key)).GroupByKey(new() { Name = "by-group" })
                    .WindowedBy(Windows(_groups)).Emit(EmitStrategy.OnWindowClose).Reduce((sum, count) => sum + count, "groups").ToStream()
                : users;
            results.Map((key, sum) => (string.Create(CultureInfo.InvariantCulture, $"{key.Key} {key.Window.StartMs}"), sum.ToString(CultureInfo.InvariantCulture))).To($"{_id}-out");
            return builder.Build();
        }

        private static TimeWindows Windows(Stage stage) => TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(stage.SizeMs), TimeSpan.FromMilliseconds(stage.GraceMs));
    }
}

public sealed class Replay_on_the_embedded_broker(EmbeddedKafka broker) : ReplayTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Replay_on_Apache_Kafka(ApacheKafkaFixture fixture) : ReplayTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
