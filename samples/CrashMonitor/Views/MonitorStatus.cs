using System.Globalization;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>What a running monitor is doing, as of now.</summary>
/// <param name="Application">What the application does, or waits for.</param>
/// <param name="Records">Records processed since the start, those of the monitor's own topics included.</param>
/// <param name="RecordsPerSecond">How many per second, lately.</param>
/// <param name="Watermark">Event time up to which the slowest partition has been read; null when this instance reads none.</param>
/// <param name="OpenWindows">How many windows wait to be closed; null when this instance counts none.</param>
/// <param name="Alerts">Alerts written by this instance.</param>
/// <param name="NotProcessed">How many lines were not processed, by reason.</param>
internal sealed record MonitorStatus(ApplicationStatus Application, long Records, double RecordsPerSecond, DateTimeOffset? Watermark, long? OpenWindows, long Alerts, IReadOnlyDictionary<string, long> NotProcessed)
{
    /// <summary>The watermark as tables of alerts write times.</summary>
    public string? WatermarkText => Watermark?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The reasons in order of their names, each with its count.</summary>
    public string NotProcessedText => string.Join(
        ", ", NotProcessed.OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Value:N0} {reason.Key}")));

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Join("; ", Parts());

    private IEnumerable<string> Parts()
    {
        if (Application.Activity != ApplicationActivity.Running)
            yield return $"{Application}";
        yield return string.Create(CultureInfo.InvariantCulture, $"{RecordsPerSecond:N0} records/s, {Records:N0} in all");
        if (Watermark is not null)
            yield return $"watermark {WatermarkText}";
        if (OpenWindows is not null)
            yield return string.Create(CultureInfo.InvariantCulture, $"{OpenWindows:N0} open windows");
        yield return string.Create(CultureInfo.InvariantCulture, $"{Alerts:N0} alerts");
        if (NotProcessed.Count > 0)
            yield return $"not processed: {NotProcessedText}";
    }
}
