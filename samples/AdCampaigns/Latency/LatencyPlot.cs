using System.Globalization;
using System.Text;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>An SVG of the share of results that took no longer than a time, a line for each kind of arrivals.</summary>
internal static class LatencyPlot
{
    private const double Width = 800, Height = 420, Left = 70, Right = 30, Top = 50, Bottom = 60;

    private static readonly string[] _colours = ["#1f77b4", "#d62728", "#2ca02c"];

    public static void Save(string path, IReadOnlyList<LatencySummary> summaries)
    {
        var longest = NiceEnd(summaries.Select(summary => (double)summary.Max).DefaultIfEmpty(1).Max());
        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{Height}" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="13">""");
        Line($"""<rect width="100%" height="100%" fill="white"/><text x="{Left}" y="28" font-size="16">Results written within a time after their last event was sent</text>""");
        for (var i = 0; i <= 10; i++)
        {
            Line($"""<line x1="{Left}" x2="{Width - Right}" y1="{Y(i / 10.0)}" y2="{Y(i / 10.0)}" stroke="#ddd"/><text x="{Left - 8}" y="{Y(i / 10.0) + 4}" text-anchor="end">{i * 10} %</text>""");
            Line($"""<line x1="{X(longest * i / 10)}" x2="{X(longest * i / 10)}" y1="{Top}" y2="{Height - Bottom}" stroke="#eee"/><text x="{X(longest * i / 10)}" y="{Height - Bottom + 20}" text-anchor="middle">{longest * i / 10:0.#}</text>""");
        }

        Line($"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">milliseconds</text>""");
        foreach (var (i, summary) in summaries.Index())
        {
            var points = summary.Sorted.Select((latency, n) => string.Create(CultureInfo.InvariantCulture, $"{X(latency):F1},{Y((n + 1.0) / summary.Rows):F1}"));
            Line($"""<polyline fill="none" stroke="{_colours[i % _colours.Length]}" stroke-width="2" points="{string.Join(' ', points)}"/>""");
            Line($"""<text x="{Width - Right - 10}" y="{Height - Bottom - 12 - (18 * (summaries.Count - 1 - i))}" text-anchor="end" fill="{_colours[i % _colours.Length]}">{summary.Name}: p50 {summary.P50} ms, p99 {summary.P99} ms</text>""");
        }

        Line($"</svg>");
        File.WriteAllText(path, svg.ToString());

        double X(double milliseconds) => Left + ((Width - Left - Right) * Math.Max(0, milliseconds) / longest);
        static double Y(double share) => Height - Bottom - ((Height - Top - Bottom) * share);
        void Line(FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    // 1, 2 or 5 times a power of ten.
    private static double NiceEnd(double longest)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(longest, 1))));
        return new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(end => end >= longest);
    }
}
