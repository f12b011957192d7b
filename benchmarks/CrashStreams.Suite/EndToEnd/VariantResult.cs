namespace CrashStreams.Suite.EndToEnd;

/// <summary>What one drain by one variant took. Seconds count from its first record until everything is processed, written and committed.</summary>
internal sealed record VariantResult
{
    public required string Variant { get; init; }

    public required int Round { get; init; }

    public required long Records { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Before the first record: connecting, joining the group, creating topics.</summary>
    public required double JoiningSeconds { get; init; }

    /// <summary>Of all its processes, whole, with start-up and native threads.</summary>
    public required double ClientProcessorSeconds { get; init; }

    public required double BrokerProcessorSeconds { get; init; }

    public required double AllocatedBytes { get; init; }

    public required double PauseMilliseconds { get; init; }

    /// <summary>The largest process.</summary>
    public required double PeakMegabytes { get; init; }

    /// <summary>Null for a client that writes none.</summary>
    public AlertCheck? Alerts { get; init; }

    public double RecordsPerSecond => Records / Seconds;
}
