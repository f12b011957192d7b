using System.Globalization;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>What a running monitor is doing, as of now.</summary>
/// <param name="State">Where the application stands.</param>
/// <param name="Records">Records processed since the start, those of the monitor's own topics included.</param>
/// <param name="RecordsPerSecond">How many per second, lately.</param>
/// <param name="Alerts">Alerts written by this instance.</param>
/// <param name="NotProcessed">How many lines were not processed, by reason.</param>
internal sealed record MonitorStatus(ApplicationState State, long Records, double RecordsPerSecond, long Alerts, IReadOnlyDictionary<string, long> NotProcessed)
{
    /// <summary>The reasons in order of their names, each with its count.</summary>
    public string NotProcessedText => string.Join(
        ", ", NotProcessed.OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Value:N0} {reason.Key}")));

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Join("; ", Parts());

    private IEnumerable<string> Parts()
    {
        if (State != ApplicationState.Running)
            yield return $"{State}";
        yield return string.Create(CultureInfo.InvariantCulture, $"{RecordsPerSecond:N0} records/s, {Records:N0} in all");
        yield return string.Create(CultureInfo.InvariantCulture, $"{Alerts:N0} alerts");
        if (NotProcessed.Count > 0)
            yield return $"not processed: {NotProcessedText}";
    }
}
