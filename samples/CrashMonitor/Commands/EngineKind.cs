namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>What runs the monitor's topology.</summary>
internal enum EngineKind
{
    /// <summary>This library.</summary>
    Crashstreams,

    /// <summary>Streamiz.Kafka.Net.</summary>
    Streamiz,
}
