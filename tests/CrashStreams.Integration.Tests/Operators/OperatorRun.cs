using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Integration.Tests.Operators;

/// <summary>
/// One application with all operators, exactly-once, on several partitions: one instance reads the first half of the input and is replaced by another in the middle of it. Answers what is in each
/// operator's result topic in the end.
/// </summary>
internal sealed class OperatorRun(string bootstrapServers)
{
    private const int Records = 400;
    private const int Partitions = 3;
    private const long StartMs = 1_700_000_000_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly string _name = $"operators-{Guid.NewGuid():N}";
    private readonly KafkaLogClients _clients = new(new() { BootstrapServers = bootstrapServers });
    private readonly Dictionary<string, List<(string, string?)>> _results = OperatorCases.All.Keys.ToDictionary(static n => n, static _ => new List<(string, string?)>());

    public IReadOnlyList<Number> A { get; } = Input(seed: 1, offsetMs: 0);

    public IReadOnlyList<Number> B { get; } = Input(seed: 2, offsetMs: 7);

    public async Task<OperatorRun> CompleteAsync()
    {
        var keep = new Dictionary<string, string> { ["retention.ms"] = "-1" };
        using (var admin = _clients.CreateAdmin("admin"))
            await admin.CreateTopicsAsync([new(Topic("a"), Partitions, keep), new(Topic("b"), Partitions, keep), new(Topic("global"), 1, keep), .. OperatorCases.All.Keys.Select(n => new TopicSpec(Topic(n), Partitions, keep))], default);
        using var producer = _clients.CreateProducer("writer", null);
        Write(producer, "global", [.. A.Select(static r => r.Key).Distinct().Select(static k => (k, OperatorCases.Backwards(k), StartMs))], partitions: 1);

        var topology = Build();
        await using var first = Application(topology);
        await first.StartAsync();
        Write(producer, 0, Records / 2);
        // All of it is in the stores that the second one restores, however the broker has compacted their changelogs: the records are of a past year.
        await first.CaughtUpAsync().WaitAsync(_patience);
        await using var second = Application(topology);
        await second.StartAsync();
        await first.StopAsync();
        Write(producer, Records / 2, Records);
        // What moves every partition's clock past all windows.
        foreach (var input in new[] { "a", "b" })
        {
            for (var partition = 0; partition < Partitions; partition++)
                producer.Send(Topic(input), partition, new LogRecord { Timestamp = StartMs + 3_600_000 });
        }

        producer.Flush();
        await second.CaughtUpAsync().WaitAsync(_patience);
        Read(() => OperatorCases.All.Values.All(c => Rows(c).SequenceEqual(Expected(c))));
        second.State.Should().Be(ApplicationState.Running);
        await second.StopAsync();
        return this;
    }

    public List<string> Rows(OperatorCase of) => of.Rows(_results[of.Name]);

    public List<string> Expected(OperatorCase of) => of.Rows(of.Expected(A, B).Select(static r => (r.Key, (string?)r.Value)));

    private static List<Number> Input(int seed, int offsetMs)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Records).Select(i => new Number($"k{random.Next(12)}", random.Next(50), StartMs + (20 * i) + offsetMs))];
    }

    private string Topic(string name) => $"{_name}-{name}";

    private Topology Build()
    {
        var builder = new StreamsBuilder();
        var a = builder.Stream<string, string>(Topic("a")).Filter(static (k, _) => k is not null);
        var b = builder.Stream<string, string>(Topic("b")).Filter(static (k, _) => k is not null);
        var inputs = new OperatorInputs(builder, a, b, a.ToTable("rows-a"), b.ToTable("rows-b"), builder.GlobalTable<string, string>(Topic("global"), materialized: "rows-global"));
        foreach (var each in OperatorCases.All.Values)
            each.Build(inputs).To(Topic(each.Name));
        return builder.Build();
    }

    private StreamsApplication Application(Topology topology) =>
        new(topology, new() { ApplicationId = _name, Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMilliseconds(100) }, Time = { IdleAfter = _patience } }, _clients);

    private void Write(ILogProducer producer, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Write(producer, "a", [(A[i].Key, A[i].Value.ToString(CultureInfo.InvariantCulture), A[i].TimeMs)], Partitions);
            Write(producer, "b", [(B[i].Key, B[i].Value.ToString(CultureInfo.InvariantCulture), B[i].TimeMs)], Partitions);
        }

        producer.Flush();
    }

    private void Write(ILogProducer producer, string topic, IReadOnlyList<(string Key, string Value, long TimeMs)> records, int partitions)
    {
        foreach (var (key, value, time) in records)
        {
            var bytes = Encoding.UTF8.GetBytes(key);
            producer.Send(Topic(topic), Murmur2.Partition(bytes, partitions), new LogRecord { Key = bytes, HasKey = true, Value = Encoding.UTF8.GetBytes(value), HasValue = true, Timestamp = time });
        }
    }

    private void Read(Func<bool> isComplete)
    {
        using var consumer = _clients.CreateRestoreConsumer("reader", readCommitted: true);
        consumer.Assign(OperatorCases.All.Keys.SelectMany(n => Enumerable.Range(0, Partitions).Select(p => new TopicPartition(Topic(n), p))).ToDictionary(static p => p, static _ => 0L));
        var clock = Stopwatch.StartNew();
        for (var isEmpty = false; clock.Elapsed < _patience && !(isEmpty && isComplete());)
        {
            var batch = consumer.Poll(TimeSpan.FromMilliseconds(300));
            isEmpty = batch.Count == 0;
            for (var i = 0; i < batch.Count; i++)
            {
                var record = batch[i];
                var name = batch.Partitions[record.PartitionIndex].Topic[(_name.Length + 1)..];
                _results[name].Add((Encoding.UTF8.GetString(record.Key), record.HasValue ? Encoding.UTF8.GetString(record.Value) : null));
            }
        }
    }
}
