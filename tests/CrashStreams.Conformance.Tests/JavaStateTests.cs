using System.Globalization;
using System.Text.Json;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Conformance.Tests;

/// <summary>
/// State goes over to this library and back on Apache Kafka, with Kafka's own clients on the Java side. What a Kafka Streams application had left when it stopped in the middle of a vector (changelogs byte for byte,
/// committed offsets with their metadata) is written by Java; an application of this library goes on from there, or does everything itself; then Java reads the changelogs, which have to hold what Kafka Streams'
/// own hold in the end. The results have to be those that Kafka Streams gave.
/// </summary>
public sealed class JavaStateTests(JavaStreamsState java) : IClassFixture<JavaStreamsState>
{
    private const string Case = "in-order-1";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    // One of each format; topics of the same names, so one at a time.
    public static TheoryData<string, bool> Topologies
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var topology in new[] { "groupbykey-count", "table-groupby-aggregate", "tumbling-count", "session-count", "sliding-count", "table-versioned", "join-stream-stream-inner", "tumbling-count-suppress" })
                data.Add(topology, true);
            data.Add("session-count", false);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Topologies))]
    public async Task State_goes_over_from_Kafka_Streams_and_back(string topology, bool beginsInJava)
    {
        var vector = Vector.Read(VectorFolder.Require($"{topology}.jsonl")).Single(static v => v.Name == Case);
        var (servers, definition, application) = (java.BootstrapServers, Catalogue.Topologies[topology], $"java-state-{Guid.NewGuid():N}");
        var steps = vector.Steps.EnumerateArray().ToList();
        var cut = beginsInJava ? steps.Count / 2 : 0;
        var inputs = steps.Select(static s => s.GetProperty("topic").GetString()!).Distinct().ToList();
        var outputs = VectorRun.Expected(vector).Select(static e => e.Text[..e.Text.IndexOf(':', StringComparison.Ordinal)]).Distinct().ToList();
        var changelogs = vector.Changelog!.Value.EnumerateArray().Select(static c => c.GetProperty("topic").GetString()!).Distinct().ToList();
        try
        {
            java.Run([.. inputs.Concat(outputs).Select(static t => $"create {t}"), .. LeftByKafkaStreams(definition, vector, application, steps, cut)]);
            await GoOn(servers, definition, vector, application, steps, cut, inputs);

            var written = Read(java.Run(outputs.Select(static t => $"read {t}")));
            var expected = VectorRun.Expected(vector).Where(e => e.Step >= cut).Select(static e => e.Text).ToList();
            foreach (var topic in outputs)
                written[topic].ConvertAll(r => VectorRun.Show(definition, vector, topic, r)).Should().Equal(expected.Where(e => e.StartsWith($"{topic}:", StringComparison.Ordinal)));
            var kept = Read(java.Run(changelogs.Select(c => $"read {Own(c, application)}")));
            foreach (var changelog in changelogs)
            {
                // A join numbers what it puts, and begins again with one after a restart, as Kafka Streams' does.
                var keyLess = beginsInJava && changelog.EndsWith("-join-store-changelog", StringComparison.Ordinal) ? 8 : 0;
                Last(kept[Own(changelog, application)].Select(r => (Hex(r.Key)[..^keyLess], Hex(r.Value), r.Timestamp)))
                    .Should().Equal(Last(OfKafkaStreams(vector, changelog).Select(r => (r.Key[..^keyLess], r.Value, r.Timestamp))), "{0} has to hold what Kafka Streams' holds", changelog);
            }
        }
        finally
        {
            java.Run([.. inputs.Concat(outputs).Select(static t => $"delete {t}"), $"delete {application}-"]);
        }
    }

    // Its topics, records and positions, as commands.
    private static IEnumerable<string> LeftByKafkaStreams(TopologyDefinition definition, Vector vector, string application, List<JsonElement> steps, int cut)
    {
        if (cut == 0)
            yield break;
        foreach (var step in steps.Take(cut))
            yield return Input(definition, step);
        foreach (var topic in steps.Take(cut).GroupBy(static s => s.GetProperty("topic").GetString()!))
            yield return $"commit {application} {topic.Key} {topic.Count()} {topic.Max(static s => s.GetProperty("ts").GetInt64())}";
        foreach (var changelog in vector.Changelog!.Value.EnumerateArray().GroupBy(static c => c.GetProperty("topic").GetString()!))
        {
            yield return $"create {Own(changelog.Key, application)} {Policy(definition, vector, changelog.Key)}";
            foreach (var record in changelog.Where(c => c.GetProperty("step").GetInt32() < cut))
            {
                var headers = record.TryGetProperty("headers", out var given) ? string.Concat(given.EnumerateArray().Select(static h => $" {h[0].GetString()} {h[1].GetString()}")) : "";
                yield return $"record {Own(changelog.Key, application)} {record.GetProperty("key").GetString()} {record.GetProperty("value").GetString() ?? "-"} {(record.GetProperty("ts").ValueKind == JsonValueKind.Null ? "-" : record.GetProperty("ts").GetRawText())}{headers}";
            }
        }
    }

    private static async Task GoOn(string servers, TopologyDefinition definition, Vector vector, string application, List<JsonElement> steps, int cut, List<string> inputs)
    {
        var options = new StreamsOptions
        {
            ApplicationId = application,
            Time = { Clock = StreamTime.Observed, ObservedEmitInterval = TimeSpan.Zero, MaxFuture = TimeSpan.FromDays(1) },
            Delivery = { CommitInterval = TimeSpan.FromMilliseconds(100), Shuffle = ShuffleFormat.Plain },
        };
        var builder = new StreamsBuilder();
        definition.Build(builder, vector);
        var clients = new KafkaLogClients(new() { BootstrapServers = servers });
        await using var running = new StreamsApplication(builder.Build(), options, clients);
        await running.StartAsync();
        await running.CaughtUpAsync().WaitAsync(_patience);
        using var producer = clients.CreateProducer("input", null);
        foreach (var step in steps.Skip(cut))
        {
            var (topic, key, value) = Bytes(definition, step);
            producer.Send(topic, 0, new LogRecord { Key = key, HasKey = key is not null, Value = value, HasValue = value is not null, Timestamp = step.GetProperty("ts").GetInt64() });
            producer.Flush();
            // Several inputs: one after the other, as Kafka Streams was given them.
            if (inputs.Count > 1)
                await running.CaughtUpAsync().WaitAsync(_patience);
        }

        await running.CaughtUpAsync().WaitAsync(_patience);
        await running.StopAsync();
    }

    // As this library wants them, which are Kafka Streams' settings.
    private static string Policy(TopologyDefinition definition, Vector vector, string changelog)
    {
        var builder = new StreamsBuilder();
        definition.Build(builder, vector);
        return builder.Build().SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Observed)).Single(s => changelog == $"app-{s.Name}-changelog").ChangelogConfigs(StreamTime.Observed)["cleanup.policy"];
    }

    private static string Input(TopologyDefinition definition, JsonElement step)
    {
        var (topic, key, value) = Bytes(definition, step);
        return $"record {topic} {Hex(key)} {Hex(value)} {step.GetProperty("ts").GetRawText()}";
    }

    private static (string Topic, byte[]? Key, byte[]? Value) Bytes(TopologyDefinition definition, JsonElement step)
    {
        var topic = step.GetProperty("topic").GetString()!;
        var (key, value) = definition.Inputs.GetValueOrDefault(topic, (Codec.Text, Codec.Text));
        return (topic, key.Bytes(step.GetProperty("key")), value.Bytes(step.GetProperty("value")));
    }

    private static IEnumerable<(string Key, string Value, long Timestamp)> OfKafkaStreams(Vector vector, string changelog) => vector.Changelog!.Value.EnumerateArray()
        .Where(c => c.GetProperty("topic").GetString() == changelog)
        .Select(static c => (c.GetProperty("key").GetString()!, c.GetProperty("value").GetString() ?? "-", c.GetProperty("ts").ValueKind == JsonValueKind.Null ? -1 : c.GetProperty("ts").GetInt64()));

    // What compaction keeps; a record that Kafka Streams gives no time has that of its producer.
    private static List<string> Last(IEnumerable<(string Key, string Value, long Timestamp)> records) =>
        [.. records.GroupBy(static r => r.Key).Select(static g => g.Last()).Where(static r => r.Value != "-").Select(static r => $"{r.Key} = {r.Value}{(r.Timestamp is < 0 or > 1_000_000_000_000 ? "" : $" @{r.Timestamp}")}").Order(StringComparer.Ordinal)];

    private static Dictionary<string, List<RawRecord>> Read(string printed) => printed.Split('\n').Select(static l => l.Split(' ')).Where(static w => w.Length == 4)
        .GroupBy(static w => w[0]).ToDictionary(static g => g.Key, static g => g.Select(static (w, i) => new RawRecord(0, i, Bytes(w[1]), Bytes(w[2]), long.Parse(w[3], CultureInfo.InvariantCulture), null)).ToList());

    private static string Own(string changelog, string application) => $"{application}{changelog["app".Length..]}";

    private static string Hex(byte[]? bytes) => bytes is null ? "-" : Convert.ToHexStringLower(bytes);

    private static byte[]? Bytes(string hex) => hex == "-" ? null : Convert.FromHexString(hex);
}
