using System.Globalization;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>Summaries as lines that people and scripts read.</summary>
internal static class LatencyTable
{
    public static void Write(TextWriter output, string title, IEnumerable<LatencySummary> summaries)
    {
        output.WriteLine($"{title,-22}{"rows",8} {"mean",8} {"p50",7} {"p90",7} {"p99",7} {"max",7}   ms");
        foreach (var summary in summaries)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Name,-22}{summary.Rows,8} {summary.Mean,8:F1} {summary.P50,7} {summary.P90,7} {summary.P99,7} {summary.Max,7}"));
    }
}
