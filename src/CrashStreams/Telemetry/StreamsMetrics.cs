using System.Diagnostics.Metrics;

namespace CrashStreams;

/// <summary>The library's meter, <c>CrashStreams</c>, for OpenTelemetry and dotnet-counters.</summary>
public static class StreamsMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "CrashStreams";

    internal static Meter Meter { get; } = new(MeterName);
}
