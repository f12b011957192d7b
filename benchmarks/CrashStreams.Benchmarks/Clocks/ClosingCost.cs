using System.Diagnostics;
using System.Globalization;
using CrashStreams.Testing;

namespace CrashStreams.Benchmarks.Clocks;

/// <summary>
/// What it costs to close a window of a hundred keys while a thousand, ten thousand and so on of other windows are open: the time has to stay where it is.
/// </summary>
internal static class ClosingCost
{
    private const int Emitted = 100;
    private const int Closings = 400;

    public static void Run()
    {
        Console.WriteLine($"Closing a window that emits {Emitted} results, median of {Closings}, by what is stored besides");
        Console.WriteLine("| other open results | microseconds a closing |");
        Console.WriteLine("|---|---|");
        foreach (var stored in new[] { 0, 10_000, 100_000, 1_000_000 })
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {stored:N0} | {Measure(stored):0} |"));
    }

    private static double Measure(int stored)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1))).Emit(EmitStrategy.OnWindowClose)
            .Count(new Materialized<string, long> { Name = "counts", Logged = false }).ToStream().ForEach(static (_, _) => { });
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { MaxFuture = TimeSpan.FromDays(1000) } });
        // A second apart each, all of them open for a day of grace.
        var firstMs = Closings * 1000L;
        for (var second = 0; second < Closings; second++)
            Append(driver, second * 1000L, Emitted);
        for (var second = 0; second < stored / 1000; second++)
            Append(driver, firstMs + (second * 10L), 1000);
        driver.Settle();

        var times = new List<double>();
        for (var second = 1; second <= Closings; second++)
        {
            driver.Append("in", "clock"u8.ToArray(), null, 86_400_000 + (second * 1000L));
            var start = Stopwatch.GetTimestamp();
            driver.Thread.RunOnce();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return times.Order().ElementAt(times.Count / 2);
    }

    private static void Append(TopologyTestDriver driver, long timeMs, int keys)
    {
        for (var key = 0; key < keys; key++)
            driver.Append("in", System.Text.Encoding.UTF8.GetBytes($"{key}"), "v"u8.ToArray(), timeMs);
    }
}
