using System.Diagnostics;
using System.Globalization;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.CrashMonitor;

namespace CrashStreams.Benchmarks.Clocks;

/// <summary>
/// What the Watermarks clock costs against the Observed one: the crash topology drains the same lines with either in turn, in one process and on one thread,
/// and each pair of runs gives one ratio of processor time. Told are the medians, because whatever else the machine does hits single runs.
/// </summary>
internal static class ClockComparison
{
    private const int Lines = 1_000_000;
    private const double MatchingShare = 0.25;

    public static void Run(int rounds)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Crash topology from raw bytes in memory, {Lines / 1e6:0} M lines over 12 partitions, {MatchingShare:P0} severe crashes, {rounds} pairs"));
        Console.WriteLine("| final results by | Observed, ns a line | Watermarks, ns a line | Watermarks : Observed, median of pairs (quartiles) | alerts and changes written |");
        Console.WriteLine("|---|---|---|---|---|");
        // The monitor's own suppression buffers with the Observed clock only (as in Kafka Streams), so emission on close is the like for like.
        Compare("emission on close", rounds, OnClose());
        Compare("suppression", rounds, CrashTopology.Build(new()));
    }

    private static void Compare(string what, int rounds, Topology topology)
    {
        var observed = new CrashRun(Lines, MatchingShare, topology, StreamTime.Observed);
        var watermarks = new CrashRun(Lines, MatchingShare, topology, StreamTime.Watermarks);
        var pairs = new List<(double Observed, double Watermarks)>();
        var written = (Observed: 0L, Watermarks: 0L);
        for (var round = -2; round < rounds; round++)
        {
            // The first of a pair meets another heap than the second, so they change places.
            var (first, second) = round % 2 == 0 ? (observed, watermarks) : (watermarks, observed);
            var (a, b) = (Measure(first), Measure(second));
            var (byObserved, byWatermarks) = first == observed ? (a, b) : (b, a);
            written = (byObserved.Written, byWatermarks.Written);
            if (round >= 0)
                pairs.Add((byObserved.Nanoseconds, byWatermarks.Nanoseconds));
        }

        var ratios = pairs.Select(p => p.Watermarks / p.Observed).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {Middle(pairs.Select(p => p.Observed)):0.0} | {Middle(pairs.Select(p => p.Watermarks)):0.0} | {Middle(ratios):0.000} ({ratios[ratios.Count / 4]:0.000}-{ratios[ratios.Count * 3 / 4]:0.000}) | {written.Observed:N0} : {written.Watermarks:N0} |"));
    }

    private static (double Nanoseconds, long Written) Measure(CrashRun run)
    {
        using var thread = run.Start();
        GC.Collect();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var written = run.Drain(thread);
        return ((Process.GetCurrentProcess().TotalProcessorTime - before).TotalNanoseconds / Lines, written);
    }

    private static double Middle(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static Topology OnClose()
    {
        var options = new CrashMonitorOptions();
        var builder = new StreamsBuilder();
        builder.Stream(options.InputTopic, LogSource.Create(options))
            .Filter((_, entry) => entry.IsSevereCrash)
            .SelectKey((_, entry) => entry.UserId)
            .MapValues(entry => entry.Severity)
            .GroupByKey(new() { Name = "crashes-by-user", KeySerde = new UserIdSerde(), ValueSerde = new SeveritySerde() })
            .WindowedBy(TimeWindows.OfSizeAndGrace(options.Window, options.Grace)).Emit(EmitStrategy.OnWindowClose)
            .Count("crash-counts")
            .ToStream()
            .Filter((_, count) => count > options.Threshold)
            .Map((user, count) => (user.Key, new CrashAlert(user.Window.Start, user.Window.End, user.Key, count)))
            .To(options.AlertTopic, new() { KeySerde = Serdes.String, ValueSerde = CrashAlertSerde.Instance });
        return builder.Build();
    }
}
