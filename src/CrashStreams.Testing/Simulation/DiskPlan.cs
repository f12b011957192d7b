namespace CrashStreams.Testing.Simulation;

/// <summary>What a seed decides about where instances keep their state.</summary>
internal sealed record DiskPlan
{
    /// <summary>Whether the instances run on one machine, so that a task's state waits for its next owner there.</summary>
    public required bool IsShared { get; init; }

    public required long CacheBytes { get; init; }

    /// <summary>Per crash: the disk is lost with the instance.</summary>
    public required double LossRate { get; init; }

    /// <summary>Per crash: a store is unreadable afterwards.</summary>
    public required double CorruptionRate { get; init; }

    /// <summary>The disk's own choices, so that runs without one take the steps that they always took.</summary>
    public required SimulationRandom Random { get; init; }

    public static DiskPlan Of(SimulationRandom random) => new()
    {
        IsShared = random.Chance(0.4),
        CacheBytes = random.Pick([0, 400, 2_000, 1_000_000]),
        LossRate = random.Pick([0, 0.2]),
        CorruptionRate = random.Pick([0, 0, 0.1]),
        Random = random,
    };
}
