using System.Diagnostics;

namespace CrashStreams;

/// <summary>The names by which a host subscribes to the library's metrics and traces; see docs/metrics.md.</summary>
public static class StreamsTelemetry
{
    /// <summary>The name of the meters, one per application.</summary>
    public const string MeterName = "CrashStreams";

    /// <summary>The name of the source of spans: one per record that is traced and per task that processes it.</summary>
    public const string ActivitySourceName = "CrashStreams";

    internal static ActivitySource Activities { get; } = new(ActivitySourceName);
}
