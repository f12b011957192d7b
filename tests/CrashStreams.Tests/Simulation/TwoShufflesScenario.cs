using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>
/// Two shuffles and three stores: counts per user and window; their final results, shuffled by group of users, are added up per longer window,
/// and counted per group without a window.
/// </summary>
internal sealed class TwoShufflesScenario : Scenario
{
    private const long UserSizeMs = 10_000;
    private const long UserGraceMs = 30_000;
    private const long GroupSizeMs = 60_000;
    private const long GroupGraceMs = 30_000;

    public override string Name => "two shuffles";

    protected override IReadOnlyDictionary<string, int> ResultTopics { get; } = new Dictionary<string, int> { ["sums"] = 2, ["totals"] = 2 };

    protected override Topology Build()
    {
        var builder = new StreamsBuilder();
        var groups = builder.Stream<string, string>("logs")
            .Filter((_, log) => log.EndsWith("crash", StringComparison.Ordinal))
            .SelectKey((_, log) => log.Split(' ')[0])
            .Repartition(new() { Name = "by-user" })
            .GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(UserSizeMs), TimeSpan.FromMilliseconds(UserGraceMs)))
            .Count("user-counts")
            .Suppress(Suppressed.UntilWindowCloses(), "user-final")
            .ToStream()
            .SelectKey((user, _) => GroupOf(user.Key))
            .Repartition(new() { Name = "by-group", Partitions = 3 });
        groups.GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(GroupSizeMs), TimeSpan.FromMilliseconds(GroupGraceMs)))
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce((sum, count) => sum + count, "group-sums")
            .ToStream()
            .To("sums");
        groups.GroupByKey().Count("group-totals").ToStream().To("totals");
        return builder.Build();
    }

    protected override int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var (records, furthest) = WindowOracle.Read(source);
        var users = new WindowOracle(records, UserSizeMs, UserGraceMs, furthest);
        var finals = users.Final.ConvertAll(r => new Judged(GroupOf(r.Key), r.Timestamp, r.StartMs + UserSizeMs + UserGraceMs - 1, r.Count));
        var groups = new WindowOracle(finals, GroupSizeMs, GroupGraceMs, furthest);
        var totals = finals.GroupBy(f => f.Key).ToDictionary(g => g.Key, g => (long)g.Count());

        CompareChangelog("user counts", users, Rows.WindowChangelog(cluster, "app-user-counts-changelog"), isExact, violations);
        CompareChangelog("group sums", groups, Rows.WindowChangelog(cluster, "app-group-sums-changelog"), isExact, violations);
        CompareRows("sums", groups.Final, Rows.Results(cluster, "sums", GroupSizeMs), isExact, violations);
        var stored = Rows.KeyValueChangelog(cluster, "app-group-totals-changelog");
        if (isExact)
        {
            CompareSets("group totals", totals, stored, violations);
            var updates = Rows.Committed(cluster, "totals").Select(e => (Serdes.String.Deserialize(e.Key), Serdes.Int64.Deserialize(e.Value)));
            CompareSets("totals", totals.SelectMany(t => Enumerable.Range(1, (int)t.Value).Select(n => (t.Key, (long)n))), updates, violations);
            CompareSets(
                "late", users.Late.Concat(groups.Late), Rows.Committed(cluster, Late).Select(e => (Serdes.String.Deserialize(e.Key), e.Timestamp)), violations);
        }
        else
        {
            violations.AddRange(totals.Where(t => stored.GetValueOrDefault(t.Key) < t.Value).Select(t => $"group totals: lost {t}"));
        }

        return groups.Final.Count;
    }

    public static string GroupOf(string user) => $"g{int.Parse(user.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 4}";
}
