using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>What a seed decides before a run begins: how the cluster is set up and how often what goes wrong.</summary>
internal sealed record SimulationPlan
{
    public required int Instances { get; init; }

    public required bool IsEager { get; init; }

    public required int CommitIntervalMs { get; init; }

    public required int MaxPollRecords { get; init; }

    /// <summary>Per call of a port.</summary>
    public required double CrashRate { get; init; }

    public required double PauseRate { get; init; }

    /// <summary>A call is refused, or done but its answer lost.</summary>
    public required double ErrorRate { get; init; }

    /// <summary>Per step of the scheduler: an instance stops in order, and starts again later.</summary>
    public required double StopRate { get; init; }

    public required double CompactionRate { get; init; }

    /// <summary>Per commit during a rebalance: it overtakes the heartbeat that would have told the new epoch, and is refused.</summary>
    public double MissedEpochRate { get; init; } = 0.3;

    /// <summary>
    /// Per answer of the group to a member: it takes away or gives only some of the partitions, and the rest with later answers, as brokers do whose members have not all
    /// answered yet.
    /// </summary>
    public double PartialAssignmentRate { get; init; }

    /// <summary>A partition of which a poll brings a tenth of what it brings of others.</summary>
    public TopicPartition? SlowPartition { get; init; }

    /// <summary>The longest time between two steps, milliseconds, while there are <see cref="ShortSteps"/>.</summary>
    public required int MaxStepMs { get; init; }

    /// <summary>
    /// After so many steps under chaos the rest of its time goes by in long ones: an input of minutes, looked at every few milliseconds, costs as much as a
    /// hundred other runs and does not find more.
    /// </summary>
    public int ShortSteps { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether an instance may sleep through its session while it writes, and wake up to write on. Only transactions keep such late
    /// writes out of a changelog: without them they set newer values back, here as with Kafka Streams.
    /// </summary>
    public bool SleepsWhileWriting { get; init; } = true;

    /// <summary>How much older the input is than it would be live: brokers delete by the time that records carry.</summary>
    public long BacklogAgeMs { get; init; }

    /// <summary>Where the instances keep their state; null: in memory, gone with every life.</summary>
    public DiskPlan? Disk { get; init; }

    /// <summary>
    /// In the middle of the chaos all instances die, and before they start again an operator copies each changelog to a new topic of the same name: what it comes to is the same,
    /// offsets and order are others.
    /// </summary>
    public bool CopiesChangelogs { get; init; }

    /// <summary>
    /// In the middle of the chaos all instances die, and before they start again this share of the group's committed offsets is gone, as after they have expired or were deleted; 0: none.
    /// </summary>
    public double LostOffsets { get; init; }

    /// <summary>
    /// From the beginning to the middle of the chaos a consumer that is no instance is in the group, and takes partitions: how often, per step, it commits offsets of its own there; null: there
    /// is none. If it commits, all instances are stopped when it has gone, and started again, as the application asks for.
    /// </summary>
    public double? StrangerRate { get; init; }

    /// <summary>Whether positions that state belongs to are lost or overwritten, so that it is built again.</summary>
    public bool LosesPositions => LostOffsets > 0 || StrangerRate > 0;

    /// <summary>Whether instances keep warm copies of each other's tasks.</summary>
    public int StandbyReplicas { get; init; }

    public long SessionTimeoutMs { get; init; } = 6_000;

    public long TransactionTimeoutMs { get; init; } = 10_000;

    public static SimulationPlan Of(SimulationRandom random) => new()
    {
        Instances = random.Between(1, 3),
        IsEager = random.Chance(0.3),
        CommitIntervalMs = random.Pick([20, 100, 400, 1000]),
        MaxPollRecords = random.Pick([3, 20, 100]),
        CrashRate = random.Pick([0, 0.0005, 0.002, 0.006]),
        PauseRate = random.Pick([0, 0, 0.0005, 0.002]),
        ErrorRate = random.Pick([0, 0, 0.003, 0.02]),
        StopRate = random.Pick([0, 0, 0.005, 0.02]),
        CompactionRate = random.Pick([0, 0.02]),
        MaxStepMs = random.Pick([5, 40, 100]),
    };
}
