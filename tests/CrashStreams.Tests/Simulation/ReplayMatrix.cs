using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Time;

namespace CrashStreams.Tests.Simulation;

/// <summary>
/// One draw of everything that a replay must not depend on, and of what it works on: how many partitions, with keys or without, clocks that are shifted,
/// disorder within the grace, late records beyond it, one partition that is read ten times slower, one or two shuffles, 1, 2 or 5 instances, restarts
/// and crashes in the middle, either guarantee.
/// </summary>
internal sealed record ReplayMatrix
{
    private const int SpanMs = 70_000;

    public required ulong Seed { get; init; }

    public required int Partitions { get; init; }

    public required bool IsKeyed { get; init; }

    public required int? SlowPartition { get; init; }

    public required int MostShiftMs { get; init; }

    public required int DisorderMs { get; init; }

    public required double LateRate { get; init; }

    public required bool HasTwoShuffles { get; init; }

    public required int Instances { get; init; }

    public required bool Restarts { get; init; }

    public required bool Crashes { get; init; }

    public required ProcessingGuarantee Guarantee { get; init; }

    public static ReplayMatrix Of(ulong seed)
    {
        var random = new SimulationRandom(seed);
        var partitions = random.Pick([12, 12, 12, 40]);
        return new()
        {
            Seed = seed,
            Partitions = partitions,
            IsKeyed = random.Chance(0.5),
            SlowPartition = random.Chance(0.5) ? random.Below(partitions) : null,
            MostShiftMs = random.Pick([0, 40_000, 3_600_000]),
            DisorderMs = random.Pick([0, 20_000]),
            LateRate = random.Pick([0, 0.1]),
            HasTwoShuffles = random.Chance(0.5),
            Instances = random.Pick([1, 2, 5]),
            Restarts = random.Chance(0.5),
            Crashes = random.Chance(0.5),
            Guarantee = random.Pick([ProcessingGuarantee.AtLeastOnce, ProcessingGuarantee.ExactlyOnce]),
        };
    }

    /// <summary>Whether nothing is done twice: a crash under at-least-once repeats what was not committed.</summary>
    public bool IsExact => Guarantee == ProcessingGuarantee.ExactlyOnce || !Crashes;

    /// <summary>
    /// The same records at the same places in both runs. Live, they come about as fast as their event times go by, and no partition is silent for
    /// as long as makes it idle; in a backlog all are there at the start.
    /// </summary>
    public Workload Work(bool isLive)
    {
        var random = new SimulationRandom(Seed ^ 0x5EED);
        var startMs = SourceRecords.Start.ToUnixTimeMilliseconds();
        var shifts = Enumerable.Range(0, Partitions).Select(_ => random.Below((2 * MostShiftMs) + 1) - MostShiftMs).ToArray();
        var records = new List<SourceRecord>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            var stepMs = random.Between(1_000, 2_500);
            for (var atMs = random.Below(2_000); atMs < SpanMs; atMs += random.Between(stepMs / 2, stepMs))
            {
                var backMs = random.Chance(LateRate) ? random.Between(45_000, 90_000) : random.Below(DisorderMs + 1);
                records.Add(new(
                    partition, startMs - (2 * MostShiftMs) - 200_000 + atMs + shifts[partition] - backMs, User(random, partition), random.Chance(0.8), isLive ? startMs + atMs : startMs));
            }
        }

        return new(Partitions, records, IsKeyed);
    }

    public SimulationPlan Plan(SimulationRandom random) => new()
    {
        Instances = Instances,
        IsEager = random.Chance(0.3),
        CommitIntervalMs = random.Pick([100, 400]),
        MaxPollRecords = random.Pick([20, 100]),
        MaxStepMs = random.Pick([5, 40]),
        SlowPartition = SlowPartition is { } slow ? new TopicPartition("logs", slow) : null,
        StopRate = Restarts ? 0.005 : 0,
        CrashRate = Crashes ? 0.001 : 0,
        PauseRate = 0,
        ErrorRate = 0,
        CompactionRate = 0,
        // A refused commit under at-least-once is done again, as after a crash.
        MissedEpochRate = Guarantee == ProcessingGuarantee.ExactlyOnce || Crashes ? 0.3 : 0,
    };

    public Scenario Scenario => HasTwoShuffles ? new TwoShufflesScenario() : new CrashMonitorScenario();

    public Metronome Ideal(Workload work)
    {
        var partitions = Enumerable.Range(0, Partitions)
            .Select(p => work.Records.Where(r => r.Partition == p).Select(r => new Note(r.IsCrash ? r.User : null, r.Timestamp)).ToList()).ToList();
        Stage users = new(10_000, 10_000, 30_000, TwoShufflesScenario.GroupOf), groups = new(60_000, 60_000, 30_000, key => key);
        return new(HasTwoShuffles ? [users, groups] : [users], partitions);
    }

    // Users that belong into the partition, when keys decide that.
    private string User(SimulationRandom random, int partition)
    {
        var user = random.Below(6);
        if (!IsKeyed)
            return $"u{user}";
        for (var candidate = user; ; candidate += 6)
        {
            if (Murmur2.Partition(TestInput.Bytes($"u{candidate}"), Partitions) == partition)
                return $"u{candidate}";
        }
    }
}
