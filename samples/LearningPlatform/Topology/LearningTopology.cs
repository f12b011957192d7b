using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// A job's topology, the same for all:
/// <code>
/// events ─ add up per commit ─► sums by shard of the group ─► windows close ─► rows ─► files
///        └ sides of a join   ─► by shard of the id ─ join, add up ─► sums by shard of the group ─► windows close ─► rows ─► files
/// </code>
/// The views are in <see cref="ViewCatalog"/>.
/// </summary>
internal static class LearningTopology
{
    private const string Rows = "rows";
    private const string JoinedRows = "joined-rows";

    /// <summary>Builds a job's topology.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">The topic, and how long rows wait for late events.</param>
    /// <param name="sinks">Where rows go; made by <see cref="Sinks"/>.</param>
    public static CrashStreams.Topology Build(Job job, LearningOptions options, IReadOnlyList<FileSink<ViewRow>> sinks)
    {
        var builder = new StreamsBuilder();
        var plans = ViewPlan.Of(job, options.Grace);
        var events = builder.Stream<byte[], LearningEvent>(options.TopicOf(job), new()
        {
            Name = "events", KeySerde = Serdes.Bytes, ValueSerde = new LearningEventSerde(job), TimestampExtractor = new((_, e, _) => e?.TimeMs ?? -1),
        });

        List<ViewPlan> direct = [.. plans.Where(plan => plan.View.Join is null)];
        events.Process(() => new TallyEvents(direct), name: "sums").Into(Rows, direct, builder, sinks[0]);
        if (plans.SingleOrDefault(plan => plan.View.Join is not null) is not { } joined)
            return builder.Build();

        builder.AddKeyValueStore("join-sides", Serdes.Bytes, Serdes.Bytes);
        events.Process(() => new SendTouches(joined), name: "sides")
            .Repartition(Packed("sides"))
            .Process(() => new JoinTouches(joined, "join-sides"), ["join-sides"], "join")
            .Into(JoinedRows, [joined], builder, sinks[1]);
        return builder.Build();
    }

    /// <summary>The sinks of a job's topology.</summary>
    /// <param name="job">The job.</param>
    /// <param name="storage">Where files go.</param>
    public static IReadOnlyList<FileSink<ViewRow>> Sinks(Job job, IFileStorage storage)
    {
        var format = new ViewFiles();
        return [.. new[] { Rows, JoinedRows }.Take(ViewCatalog.Of(job).Any(view => view.Join is not null) ? 2 : 1)
            .Select(name => new FileSink<ViewRow>($"{name}-files", ViewRowSerde.Instance, format, storage) { Folder = ViewFiles.LiveFolder })];
    }

    /// <summary>The topics that a job makes for itself, without its group in front.</summary>
    public static IReadOnlyList<string> OwnTopics(Job job) =>
    [
        "instances",
        .. Of(Rows),
        .. ViewCatalog.Of(job).Any(view => view.Join is not null) ? ["sides-repartition", "join-sides-changelog", .. Of(JoinedRows)] : Array.Empty<string>(),
    ];

    private static IEnumerable<string> Of(string name) => [$"{name}-repartition", $"{name}-windows-changelog", $"{name}-files-changelog"];

    private static void Into(this KStream<int, byte[]> sums, string name, IReadOnlyList<ViewPlan> plans, StreamsBuilder builder, FileSink<ViewRow> sink)
    {
        var store = $"{name}-windows";
        builder.AddKeyValueStore(store, Serdes.Bytes, Serdes.Bytes);
        sums.Repartition(Packed(name))
            .Process(() => new CloseWindows(plans, store), [store], $"{name}-close")
            .ToFiles(builder, sink);
    }

    private static Repartitioned<int, byte[]> Packed(string name) => new() { Name = name, KeySerde = Serdes.Int32, ValueSerde = Serdes.Bytes };
}
