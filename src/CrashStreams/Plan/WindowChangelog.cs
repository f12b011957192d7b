using System.Globalization;

namespace CrashStreams.Plan;

/// <summary>The topic settings of changelogs whose entries expire.</summary>
internal static class WindowChangelog
{
    // Kafka Streams' windowstore.changelog.additional.retention.ms: the broker's clock may run ahead of event time.
    private const long AdditionalRetentionMs = 24 * 60 * 60 * 1000;

    /// <summary>With the Watermarks clock the application deletes what has expired.</summary>
    public static IReadOnlyDictionary<string, string> Configs(StreamTime clock, long retentionMs) => new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact,delete",
        ["retention.ms"] = clock == StreamTime.Watermarks ? "-1" : Sum(retentionMs).ToString(CultureInfo.InvariantCulture),
    };

    // Windows without an end are kept without an end, as in Kafka Streams.
    private static long Sum(long retentionMs) => retentionMs > long.MaxValue - AdditionalRetentionMs ? long.MaxValue : retentionMs + AdditionalRetentionMs;
}
