using System.Globalization;
using CrashStreams.Benchmarks.Budget;
using CrashStreams.Suite.EndToEnd;
using CrashStreams.Suite.Latency;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.Reporting;

/// <summary>What a figure should be at most or at least, and what it was: the median decides.</summary>
internal sealed record Target(string What, string Goal, string Found, bool IsMet)
{
    private const double CommitIntervalMs = 100;

    public static IEnumerable<Target> Of(IReadOnlyList<VariantResult> drains)
    {
        const string Judged = "at-least-once, RocksDB", ExactlyOnce = "exactly-once, RocksDB";
        bool Has(string variant) => drains.Any(r => r.Variant == variant);
        List<VariantResult> Of(string variant) => [.. drains.Where(r => r.Variant == variant)];
        if (Has(Judged))
        {
            yield return AtLeast("drain beside the bare librdkafka consume", EndToEndTable.Ratios(drains, Judged), 0.75, "P0");
            yield return AtMost("processor seconds of the client per million lines", Spread.Of(Of(Judged).Select(static r => r.ClientProcessorSeconds / r.Records * 1e6)), 1.1, "0.00");
            yield return AtMost("peak memory of a drain, MB", Spread.Of(Of(Judged).Select(static r => r.PeakMegabytes)), 200, "0");
        }

        if (Has(Judged) && Has(ExactlyOnce))
            yield return AtLeast("exactly-once beside at-least-once", EndToEndTable.Ratios(drains, ExactlyOnce, Judged), 0.9, "P0");
        foreach (var one in new[] { Judged, ExactlyOnce }.Where(one => Has(one) && Has($"{one}, 2 processes")))
            yield return AtLeast($"two processes beside one, {one}", EndToEndTable.Ratios(drains, $"{one}, 2 processes", one), 0.95, "P0");
    }

    public static IEnumerable<Target> Of(IReadOnlyList<BudgetResult> budget)
    {
        foreach (var share in budget.GroupBy(static r => r.MatchingShare))
            yield return AtMost(string.Create(CultureInfo.InvariantCulture, $"engine alone beside a loop written by hand, {share.Key:P0} severe crashes"), Spread.Of(share.Select(static r => r.Ratio)), 2, "0.00");
        if (budget.Any(static r => r.MatchingShare == 0.25))
            yield return AtMost("allocated per line at 25 %, B", Spread.Of(budget.Where(static r => r.MatchingShare == 0.25).Select(static r => r.Engine.Bytes)), 31, "0.0");
    }

    public static IEnumerable<Target> Of(IReadOnlyList<LatencyResult> delays)
    {
        foreach (var of in delays.Where(static r => r.Case == "one hop" && r.PerSecond <= 10_000))
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"one hop, {of.Guarantee}, {of.PerSecond:N0}/s");
            if (of.Guarantee == "at-least-once")
                yield return AtMost($"{where}: p50, ms", One(of.At(50)), 2, "0.0");
            yield return AtMost($"{where}: p99, ms", One(of.At(99)), of.Guarantee == "at-least-once" ? 8 : CommitIntervalMs + 15, "0.0");
        }
    }

    private static Spread One(double figure) => new(figure, figure, figure);

    private static Target AtLeast(string what, Spread found, double goal, string format) =>
        new(what, "at least " + goal.ToString(format, CultureInfo.InvariantCulture), found.Text(format), found.Median >= goal);

    private static Target AtMost(string what, Spread found, double goal, string format) =>
        new(what, "at most " + goal.ToString(format, CultureInfo.InvariantCulture), found.Text(format), found.Median <= goal);
}
