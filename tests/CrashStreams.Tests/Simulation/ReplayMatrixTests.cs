using System.Globalization;
using System.Text;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Time;

namespace CrashStreams.Tests.Simulation;

/// <summary>
/// The first promise: a backlog gives the alerts and the late records of the live run, and both are those of the ideal run. Compared are results, their
/// timestamps, and which records of the source were late for which window. A thousand draws: <c>./build.sh sim replay</c>.
/// </summary>
public class ReplayMatrixTests
{
    private const int DefaultSeeds = 20;

    [Fact]
    public void A_backlog_gives_the_alerts_and_the_late_records_of_the_live_run_and_of_the_ideal_one()
    {
        var seeds = Setting("CRASHSTREAMS_REPLAY_SEEDS", DefaultSeeds);
        var from = Setting("CRASHSTREAMS_REPLAY_FROM", 1);
        var isVerbose = Environment.GetEnvironmentVariable("CRASHSTREAMS_REPLAY_SEEDS") is not null;
        var failed = new List<string>();
        var (results, late) = (0L, 0L);
        for (var seed = from; seed < from + seeds; seed++)
        {
            var matrix = ReplayMatrix.Of((ulong)seed);
            foreach (var isLive in new[] { true, false })
            {
                var (violations, resultCount, lateCount) = Run(matrix, isLive, isVerbose && seeds == 1);
                results += resultCount;
                late += lateCount;
                if (violations.Count > 0)
                    failed.Add(string.Create(CultureInfo.InvariantCulture, $"{(isLive ? "live" : "backlog")} {matrix}: {violations.Count} violations, first: {violations[0]}"));
            }

            if (isVerbose && (seed - from + 1) % 50 == 0)
                Console.Error.WriteLine($"replay: {seed - from + 1} of {seeds} seeds, {failed.Count} runs failed, {results} results and {late} late records compared");
        }

        if (isVerbose)
            failed.Take(40).ToList().ForEach(Console.Error.WriteLine);
        failed.Should().BeEmpty();
        if (seeds < DefaultSeeds)
            return;
        results.Should().BePositive();
        late.Should().BePositive();
    }

    [Theory]
    [InlineData(44)] // A crash, and then a replay that was taken for a late record: what is certain of each writer was not committed.
    public void Draws_that_failed_once_hold(ulong seed)
    {
        foreach (var isLive in new[] { true, false })
            Run(ReplayMatrix.Of(seed), isLive, keepsTrace: false).Violations.Should().BeEmpty();
    }

    [Fact]
    public void The_draws_hold_every_combination_that_is_promised()
    {
        var draws = Enumerable.Range(1, 1000).Select(seed => ReplayMatrix.Of((ulong)seed)).ToList();
        draws.Select(d => d.Partitions).Should().Contain([12, 40]);
        draws.Select(d => d.Instances).Should().Contain([1, 2, 5]);
        draws.Select(d => (d.HasTwoShuffles, d.Guarantee)).Distinct().Should().HaveCount(4);
        draws.Select(d => (d.IsKeyed, d.SlowPartition is null)).Distinct().Should().HaveCount(4);
        draws.Select(d => (d.Restarts, d.Crashes)).Distinct().Should().HaveCount(4);
        draws.Select(d => (d.DisorderMs > 0, d.LateRate > 0)).Distinct().Should().HaveCount(4);
        draws.Select(d => d.MostShiftMs).Distinct().Should().HaveCount(3);
    }

    private static (List<string> Violations, int Results, int Late) Run(ReplayMatrix matrix, bool isLive, bool keepsTrace)
    {
        var random = new SimulationRandom(matrix.Seed ^ (isLive ? 0x11FEUL : 0xBAC1UL));
        var work = matrix.Work(isLive);
        var (outcome, cluster) = matrix.Scenario.Run(matrix.Seed, random.Fork(), work, matrix.Plan(random), matrix.Guarantee, keepsTrace: keepsTrace);
        outcome.Trace.ToList().ForEach(Console.Error.WriteLine);
        var violations = outcome.Violations.ToList();
        var ideal = matrix.Ideal(work);
        var expected = ideal.Late.Select(Describe).ToList();
        var actual = Rows.Committed(cluster, Scenario.Late).Select(Describe).ToList();
        Compare("late", expected, actual, matrix.IsExact, violations);
        var (topic, sizeMs) = matrix.HasTwoShuffles ? ("sums", 60_000) : ("crash-alerts", 10_000);
        var rows = ideal.Results.Where(r => matrix.HasTwoShuffles || r.Sum > 2).Select(r => new Row(r.Key, r.StartMs, r.Sum, r.TimeMs)).ToList();
        if (matrix.IsExact)
            Compare("results", rows.ConvertAll(r => $"{r}"), Rows.Results(cluster, topic, sizeMs).ConvertAll(r => $"{r}"), true, violations);
        return (violations, rows.Count, expected.Count);
    }

    // Under at-least-once a crash may tell a late record twice, but none more and none less.
    private static void Compare(string what, List<string> expected, List<string> actual, bool isExact, List<string> violations)
    {
        if (!isExact)
            (expected, actual) = ([.. expected.Distinct()], [.. actual.Distinct()]);
        violations.AddRange(expected.GroupBy(e => e).Where(e => actual.Count(a => a == e.Key) < e.Count()).Select(e => $"{what}: missing {e.Key}"));
        violations.AddRange(actual.GroupBy(a => a).Where(a => expected.Count(e => e == a.Key) < a.Count()).Select(a => $"{what}: unexpected {a.Key}"));
    }

    private static string Describe(Missed missed) => missed.Partition < 0
        ? $"result {missed.Key} for {missed.StartMs}"
        : $"logs-{missed.Partition}@{missed.Position} of {missed.Key} for {missed.StartMs}";

    private static string Describe(SimulatedEntry late)
    {
        var headers = late.Headers!;
        var (key, window) = (Encoding.UTF8.GetString(late.Key!), Text("cs-window-start"));
        var reason = Text("cs-fault-reason") is "late" ? "" : $" ({Text("cs-fault-reason")})";
        return headers.Last("cs-source-topic") is null ? $"result {key} for {window}" : $"{Text("cs-source-topic")}-{Text("cs-source-partition")}@{Text("cs-source-offset")} of {key} for {window}{reason}";

        string Text(string header) => Encoding.UTF8.GetString(headers.Last(header)!);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
