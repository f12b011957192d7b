using ScottPlot;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>An SVG of the share of results that took no longer than a time, a line for each kind of arrivals.</summary>
internal static class LatencyPlot
{
    private const int Width = 800, Height = 420, LineWidth = 2;

    public static void Save(string path, IReadOnlyList<LatencySummary> summaries)
    {
        using var plot = new Plot();
        foreach (var summary in summaries)
        {
            // Steps: each result adds its share at its own latency.
            var (count, sorted) = (summary.Sorted.Count, summary.Sorted);
            var line = plot.Add.ScatterLine(
                sorted.SelectMany(static latency => new[] { (double)latency, latency }).ToArray(),
                Enumerable.Range(0, count).SelectMany(n => new[] { 100.0 * n / count, 100.0 * (n + 1) / count }).ToArray());
            line.LineWidth = LineWidth;
            line.LegendText = $"{summary.Name}: p50 {summary.P50} ms, p99 {summary.P99} ms";
        }

        plot.Title("Results written within a time after their last event was sent");
        plot.XLabel("milliseconds");
        plot.YLabel("% of results");
        plot.ShowLegend(Alignment.LowerRight);
        plot.Axes.SetLimitsY(0, 105);
        plot.Axes.SetLimitsX(0, summaries.SelectMany(static summary => summary.Sorted).DefaultIfEmpty(1).Max() * 1.05);
        plot.SaveSvg(path, Width, Height);
    }
}
