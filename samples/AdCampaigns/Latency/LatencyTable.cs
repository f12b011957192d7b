using System.Globalization;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>Summaries as lines that people and scripts read.</summary>
internal static class LatencyTable
{
    public static void Write(TextWriter output, string title, IEnumerable<LatencySummary> summaries)
    {
        output.WriteLine($"{title,-22}{"rows",8}{"mean",9}{"p50",8}{"p90",8}{"p99",8}{"max",8}   ms");
        foreach (var summary in summaries)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Name,-22}{summary.Rows,8}{summary.Mean,9:F1}{summary.P50,8}{summary.P90,8}{summary.P99,8}{summary.Max,8}"));
    }
}
