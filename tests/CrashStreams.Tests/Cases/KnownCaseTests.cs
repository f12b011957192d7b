using System.Buffers;
using System.Globalization;
using CrashStreams.Broker;
using CrashStreams.Faults;
using CrashStreams.Kafka;
using CrashStreams.Processing;
using CrashStreams.Testing;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Cases;

/// <summary>Cases of users that went wrong once, with what is right: <c>cases.tsv</c>. A line without a case here, or a case without a line, fails.</summary>
public class KnownCaseTests
{
    private const int Slow = 1_000;

    private static readonly Dictionary<string, Func<Task<string>>> _cases = new()
    {
        ["bytes"] = () => Task.FromResult(Bytes()),
        ["tomb"] = () => Task.FromResult(Tombstone()),
        ["share"] = () => Task.FromResult(Share()),
        ["merge"] = MergeAsync,
        ["txn"] = TransactionAsync,
        ["serfail"] = SerdeFailsAsync,
        ["slow"] = () => SlowAsync(ProcessingGuarantee.AtLeastOnce),
        ["slow eos"] = () => SlowAsync(ProcessingGuarantee.ExactlyOnce),
    };

    public static TheoryData<string, string, string> Lines
    {
        get
        {
            var lines = new TheoryData<string, string, string>();
            foreach (var parts in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Cases", "cases.tsv")).Select(static l => l.Split('\t')))
                lines.Add(parts[0], parts[1], parts[2]);
            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_known_case_gives_what_is_right(string name, string right, string what) =>
        (await _cases[name]().WaitAsync(TimeSpan.FromMinutes(3))).Should().Be(right, what);

    [Fact]
    public void Every_case_has_its_line() => _cases.Keys.Should().BeEquivalentTo(Lines.Select(static l => l.Data.Item1));

    private static string Bytes()
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], string>("in").GroupByKey().Count("counts").ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        for (var i = 0; i < 3; i++)
            driver.Input<byte[], string>("in").Pipe("k"u8.ToArray(), "x", timestamp: i);
        return string.Join(' ', driver.Output<byte[], long>("out").Read().Select(static r => $"{Serdes.String.Deserialize(r.Key)}={r.Value}"));
    }

    private static string Tombstone()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts").Filter(static (_, n) => n < 2).ToStream().MapValues(static n => n + 1).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        for (var i = 0; i < 2; i++)
            driver.Input<string, string>("in").Pipe("k", "x", timestamp: i);
        return string.Join(' ', driver.Read("out").Select(static r => $"{Serdes.String.Deserialize(r.Key)}={(r.Value is null ? "-" : Serdes.Int64.Deserialize(r.Value))}"));
    }

    private static string Share()
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<string, string>("in").SelectKey(static (_, v) => v).GroupByKey();
        grouped.Count("first").ToStream().To("out-1");
        grouped.Count("second").ToStream().To("out-2");
        return $"{builder.Build().RepartitionTopics.Count} repartition topic";
    }

    private static async Task<string> MergeAsync()
    {
        await using var broker = await BrokerAsync(("a", 4), ("b", 2), ("out", 1));
        for (var partition = 0; partition < 4; partition++)
            await broker.AppendAsync("a", partition, Records(100));
        for (var partition = 0; partition < 2; partition++)
            await broker.AppendAsync("b", partition, Records(100));
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("a").Merge(builder.Stream<string, string>("b")).To("out");
        await RunAsync(broker, builder, new() { ApplicationId = "merge", Threads = 2 });
        return $"{(await broker.ReadAsync("out", 0)).Count} of 600";
    }

    private static async Task<string> TransactionAsync()
    {
        await using var broker = await BrokerAsync(("in", 1), ("middle", 1), ("out", 1));
        await broker.AppendAsync("in", 0, Records(100));
        foreach (var (from, to) in new[] { ("in", "middle"), ("middle", "out") })
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>(from).To(to);
            await RunAsync(broker, builder, new() { ApplicationId = $"from-{from}", Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce } });
        }

        return $"{(await broker.ReadAsync("out", 0, committedOnly: true)).Count} of 100, caught up";
    }

    private static async Task<string> SerdeFailsAsync()
    {
        await using var broker = await BrokerAsync(("in", 1), ("out", 1));
        await broker.AppendAsync("in", 0, [.. new[] { "ok", "bad", "ok2" }.Select(static v => ((byte[]?)"k"u8.ToArray(), (byte[]?)TestInput.Bytes(v)))]);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out", new() { ValueSerde = new WithoutBad() });
        var state = await RunAsync(broker, builder, new() { ApplicationId = "serde", Faults = { OnProduction = FaultResponse.Skip } });
        return $"{string.Join(' ', (await broker.ReadAsync("out", 0)).Select(static r => Serdes.String.Deserialize(r.Value)))}, {state}";
    }

    private static async Task<string> SlowAsync(ProcessingGuarantee guarantee)
    {
        await using var broker = await BrokerAsync(("in", 1), ("out", 1));
        await broker.AppendAsync("in", 0, Records(Slow));
        var (builder, commits) = (new StreamsBuilder(), new Commits());
        builder.Stream<string, string>("in").Process(() => new SlowProcessor(commits)).To("out");
        await RunAsync(broker, builder, new() { ApplicationId = "slow", Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(100) } });
        var results = await broker.ReadAsync("out", 0, committedOnly: true);
        return string.Create(CultureInfo.InvariantCulture, $"{results.Count} of {Slow}, {(commits.Count > 3 ? "several commits" : $"{commits.Count} commits")}");
    }

    private static async Task<EmbeddedBroker> BrokerAsync(params IReadOnlyList<(string Topic, int Partitions)> topics)
    {
        var broker = await EmbeddedBroker.StartAsync();
        foreach (var (topic, partitions) in topics)
            await broker.CreateTopicAsync(topic, partitions);
        return broker;
    }

    // Until all is read and committed; answers the state that it was in then.
    private static async Task<ApplicationState> RunAsync(EmbeddedBroker broker, StreamsBuilder builder, StreamsOptions options)
    {
        await using var application = new StreamsApplication(builder.Build(), options, new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers }));
        await application.StartAsync();
        await application.CaughtUpAsync();
        var state = application.State;
        await application.StopAsync();
        return state;
    }

    private static (byte[]?, byte[]?)[] Records(int count) => [.. Enumerable.Range(0, count).Select(static n => ((byte[]?)TestInput.Bytes($"k{n}"), (byte[]?)TestInput.Bytes($"v{n}")))];

    private sealed class Commits
    {
        public int Count { get; set; }
    }

    private sealed class SlowProcessor(Commits commits) : Processor<string, string, string, string>, ICommitListener
    {
        public override void Process(in Record<string, string> record)
        {
            for (var until = Environment.TickCount64 + 1; Environment.TickCount64 <= until;)
                Thread.SpinWait(100);
            Forward(in record);
        }

        public void OnCommitted() => commits.Count++;
    }

    private sealed class WithoutBad : Serde<string>
    {
        public override string Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);

        public override void Serialize(string value, IBufferWriter<byte> output)
        {
            if (value == "bad")
                throw new SerdeException("can't write bad");
            Serdes.String.Serialize(value, output);
        }
    }
}
