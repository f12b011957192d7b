using CrashStreams.Suite.EndToEnd;
using CrashStreams.Suite.Latency;
using CrashStreams.Suite.Results;
using ScottPlot;

namespace CrashStreams.Suite.Reporting;

/// <summary>The report's charts, as SVG.</summary>
internal static class Charts
{
    private const int Width = 900, Height = 420;

    /// <summary>A bar for each client, with a mark from the lowest to the highest.</summary>
    public static void Bars(string path, string title, string unit, IReadOnlyList<(string Name, Spread Figure)> figures)
    {
        using var plot = new Plot();
        for (var i = 0; i < figures.Count; i++)
        {
            var (at, figure) = (figures.Count - i, figures[i].Figure);
            var bar = plot.Add.Bar(at, figure.Median);
            bar.Horizontal = true;
            bar.Color = Color.FromHex(i == 0 ? "#8a8a8a" : "#2f6fb0");
            var range = plot.Add.Line(figure.Lowest, at, figure.Highest, at);
            range.LineWidth = 2;
            range.LineColor = Colors.Black;
        }

        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(0, figures.Count).Select(i => (double)(figures.Count - i))], [.. figures.Select(static f => f.Name)]);
        plot.Title(title);
        plot.XLabel(unit);
        plot.Axes.SetLimitsX(0, figures.Max(static f => f.Figure.Highest) * 1.05);
        plot.Axes.Margins(bottom: 0.05, top: 0.05);
        plot.SaveSvg(path, Width, Height);
    }

    /// <summary>The share of results that were there within a time, a line for each rate.</summary>
    public static void Distribution(string path, string title, IReadOnlyList<LatencyResult> results)
    {
        using var plot = new Plot();
        foreach (var result in results)
        {
            // From a tenth of a millisecond on: the axis is logarithmic.
            var line = plot.Add.ScatterLine(
                result.Percentiles.Select(static p => Math.Log10(Math.Max(0.1, p.Milliseconds))).ToArray(), result.Percentiles.Select(static p => p.Percentile).ToArray());
            line.LineWidth = 2;
            line.LegendText = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{result.Guarantee}, {result.PerSecond:N0}/s: p50 {result.At(50):0.0} ms, p99 {result.At(99):0.0} ms");
        }

        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([-1, 0, 1, 2, 3, 4], ["0.1", "1", "10", "100", "1,000", "10,000"]);
        plot.Title(title);
        plot.XLabel("milliseconds");
        plot.YLabel("% of results");
        plot.ShowLegend(Edge.Bottom);
        plot.Axes.SetLimitsY(0, 102);
        plot.SaveSvg(path, Width, Height);
    }
}
