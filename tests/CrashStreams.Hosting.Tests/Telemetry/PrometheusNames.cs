namespace CrashStreams.Hosting.Tests.Telemetry;

/// <summary>What Prometheus calls the metrics of docs/metrics.md: dots become underscores, unit and kind are appended.</summary>
internal static class PrometheusNames
{
    /// <summary>The names of all series.</summary>
    public static IReadOnlySet<string> All { get; } = MetricsPage.Metrics.SelectMany(static metric => Of(metric.Name, metric.Kind, metric.Unit)).ToHashSet();

    private static IEnumerable<string> Of(string name, string kind, string unit)
    {
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        var series = name.Replace('.', '_');
        series += series.EndsWith(suffix, StringComparison.Ordinal) ? "" : suffix;
        return kind switch
        {
            "counter" => [$"{series}_total"],
            "histogram" => [$"{series}_bucket", $"{series}_sum", $"{series}_count"],
            _ => [series],
        };
    }
}
