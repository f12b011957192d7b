using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>The crash monitor's shape: filter, new key, shuffle, windowed count, final results above a threshold.</summary>
internal sealed class CrashMonitorScenario : Scenario
{
    private const long SizeMs = 10_000;
    private const long GraceMs = 30_000;

    public override string Name => "crash monitor";

    protected override IReadOnlyDictionary<string, int> ResultTopics { get; } = new Dictionary<string, int> { ["crash-alerts"] = 3 };

    protected override Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("logs")
            .Filter((_, log) => log.EndsWith("crash", StringComparison.Ordinal))
            .SelectKey((_, log) => log.Split(' ')[0])
            .Repartition(new() { Name = "by-user" })
            .GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(SizeMs), TimeSpan.FromMilliseconds(GraceMs)))
            .Count("crash-counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream()
            .Filter((_, count) => count > 2)
            .To("crash-alerts");
        return builder.Build();
    }

    protected override int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var (records, furthest) = WindowOracle.Read(source);
        var oracle = new WindowOracle(records, SizeMs, GraceMs, furthest);
        var expected = oracle.Final.Where(r => r.Count > 2).ToList();
        CompareRows("alerts", expected, Rows.Results(cluster, "crash-alerts", SizeMs), isExact, violations);
        CompareChangelog("changelog", oracle, Rows.WindowChangelog(cluster, "app-crash-counts-changelog"), isExact, violations);
        if (isExact)
        {
            CompareSets("late", oracle.Late, Rows.Committed(cluster, Late).Select(e => (Serdes.String.Deserialize(e.Key), e.Timestamp)), violations);
        }

        return expected.Count;
    }
}
