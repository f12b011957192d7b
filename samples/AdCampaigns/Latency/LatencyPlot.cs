using ScottPlot;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>An SVG of the share of results that took no longer than a time, a line for each kind of arrivals.</summary>
internal static class LatencyPlot
{
    private const int Width = 800, Height = 420;

    public static void Save(string path, IReadOnlyList<LatencySummary> summaries)
    {
        using var plot = new Plot();
        foreach (var summary in summaries)
        {
            var line = plot.Add.ScatterLine(
                summary.Sorted.Select(static latency => (double)latency).ToArray(), Enumerable.Range(1, summary.Sorted.Count).Select(n => 100.0 * n / summary.Sorted.Count).ToArray());
            line.LegendText = $"{summary.Name}: p50 {summary.P50} ms, p99 {summary.P99} ms";
        }

        plot.Title("Results written within a time after their last event was sent");
        plot.XLabel("milliseconds");
        plot.YLabel("% of results");
        plot.ShowLegend(Alignment.LowerRight);
        plot.SaveSvg(path, Width, Height);
    }
}
