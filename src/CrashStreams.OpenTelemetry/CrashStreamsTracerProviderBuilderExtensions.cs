using CrashStreams;

namespace OpenTelemetry.Trace;

/// <summary>Subscribes to the traces of CrashStreams.</summary>
public static class CrashStreamsTracerProviderBuilderExtensions
{
    /// <summary>
    /// Collects a span for each sampled record and each task that processes it. The context comes from the record's headers and goes on with what is sent because of it. A record without
    /// one begins a trace if the sampler says so: on a busy topic choose a sampler that follows the parent, or a small ratio.
    /// </summary>
    /// <param name="builder">The host's traces.</param>
    public static TracerProviderBuilder AddCrashStreamsInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(StreamsTelemetry.ActivitySourceName);
    }
}
