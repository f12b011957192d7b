using CrashStreams;

namespace OpenTelemetry.Metrics;

/// <summary>Subscribes to the metrics of CrashStreams.</summary>
public static class CrashStreamsMeterProviderBuilderExtensions
{
    /// <summary>Collects the metrics of all applications of the process: records, lag, latency, commits, restores, stores. docs/metrics.md lists them.</summary>
    /// <param name="builder">The host's metrics.</param>
    public static MeterProviderBuilder AddCrashStreamsInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(StreamsTelemetry.MeterName);
    }
}
