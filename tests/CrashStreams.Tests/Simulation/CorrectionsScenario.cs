using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>The crash monitor's shape with a second, longer grace: late crashes correct what was reported.</summary>
internal sealed class CorrectionsScenario : Scenario
{
    private const long SizeMs = 10_000;
    private const long GraceMs = 10_000;
    private const long SecondGraceMs = 60_000;
    private const long Threshold = 2;

    public override string Name => "corrections";

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
            .CorrectedWithin(TimeSpan.FromMilliseconds(SecondGraceMs))
            .Count("crash-counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream()
            .Filter((_, count) => count > Threshold)
            .To("crash-alerts");
        return builder.Build();
    }

    protected override int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var (records, furthest) = WindowOracle.Read(source);
        var byGrace = records.ToLookup(r => ClosesBy(r, GraceMs) ? ClosesBy(r, SecondGraceMs) ? Came.TooLate : Came.Late : Came.InTime);
        WindowOracle Of(params Came[] kinds) => new(kinds.SelectMany(k => byGrace[k]), SizeMs, SecondGraceMs, furthest);
        var (inTime, late, all) = (Of(Came.InTime), Of(Came.Late), Of(Came.InTime, Came.Late));
        CompareChangelog("first results", inTime, Rows.WindowChangelog(cluster, "app-crash-counts-changelog"), isExact, violations);
        CompareChangelog("late part", late, Rows.WindowChangelog(cluster, "app-crash-counts-corrections-changelog"), isExact, violations);

        var rows = Rows.ResultsWithMarks(cluster, "crash-alerts", SizeMs).ToLookup(r => (r.Row.Key, r.Row.StartMs));
        var final = all.All.Values.Where(r => r.StartMs + SizeMs + GraceMs <= furthest && r.Count > Threshold).ToDictionary(r => (r.Key, r.StartMs));
        // What at-least-once counts twice may come above the threshold.
        foreach (var window in rows.Where(r => isExact && !final.ContainsKey(r.Key)))
            violations.Add($"unexpected {window.First()}");
        foreach (var (window, whole) in final)
        {
            var (first, isCorrected) = (inTime.All.GetValueOrDefault(window), late.All.ContainsKey(window));
            if (isExact)
                CheckExact(first, isCorrected, whole, rows[window].ToList(), violations);
            else
                CheckAtLeast(first, isCorrected, whole, rows[window].ToList(), violations);
        }

        if (isExact)
            CompareSets("late", byGrace[Came.TooLate].Select(r => (r.Key, r.Timestamp)), Rows.Committed(cluster, Late).Select(e => (Serdes.String.Deserialize(e.Key), e.Timestamp)), violations);
        return final.Count;
    }

    // The first result once, as if there were no corrections; then marked ones, each of more than the one before, until all is counted.
    private static void CheckExact(Row first, bool isCorrected, Row whole, List<(Row Row, bool IsCorrection)> rows, List<string> violations)
    {
        var firsts = rows.Where(r => !r.IsCorrection).Select(r => r.Row).ToList();
        CompareSets("first result", first.Count > Threshold ? [first] : [], firsts, violations);
        var last = firsts.Count > 0 && !rows[0].IsCorrection ? rows[0].Row : default;
        foreach (var (row, _) in rows.Where(r => r.IsCorrection))
        {
            if (!isCorrected)
                violations.Add($"corrected, and nothing was late: {row}");
            else if (row.Count <= Math.Max(Threshold, last.Count))
                violations.Add($"corrected, and nothing has changed: {row} behind {last}");
            last = row;
        }

        if (last != whole)
            violations.Add($"the last result is {last} and should be {whole}");
    }

    private static void CheckAtLeast(Row first, bool isCorrected, Row whole, List<(Row Row, bool IsCorrection)> rows, List<string> violations)
    {
        if (first.Count > Threshold && !rows.Exists(r => !r.IsCorrection && r.Row.Count >= first.Count))
            violations.Add($"lost {first}");
        if (rows.Count == 0 || rows[^1].Row.Count < whole.Count)
            violations.Add($"the last result is {(rows.Count == 0 ? "missing" : rows[^1].Row)} and should be at least {whole}");
        // The other way round it may be a record that is read again when its partition has counted as idle.
        if (isCorrected && !rows.Exists(r => r.IsCorrection))
            violations.Add($"not corrected: {whole}");
    }

    private static bool ClosesBy(in Judged record, long graceMs) => (record.Timestamp / SizeMs * SizeMs) + SizeMs + graceMs <= record.ReadAt;

    private enum Came
    {
        InTime,
        Late,
        TooLate,
    }
}
