using CrashStreams.Log;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>How one seed went.</summary>
internal sealed record Outcome(ulong Seed, ulong Hash, long Events, int Results, IReadOnlyList<string> Violations, IReadOnlyList<string> Trace);

/// <summary>A topology with its input and its oracle, ready to be run by any seed.</summary>
internal abstract class Scenario
{
    public const string Late = "late";

    // Older than what a broker keeps of a changelog that Kafka Streams made.
    private const long OldBacklogMs = 10L * 24 * 60 * 60 * 1000;

    public abstract string Name { get; }

    /// <summary>Result topics with their numbers of partitions.</summary>
    protected abstract IReadOnlyDictionary<string, int> ResultTopics { get; }

    protected abstract Topology Build();

    /// <summary>Which records of a topic the cluster refuses.</summary>
    protected virtual Func<string, SimulatedEntry, bool> Refuses => static (_, _) => false;

    /// <summary>What is done about records that the cluster refuses: where it refuses none, one would end the application, and the run fails.</summary>
    protected virtual FaultResponse OnProductionFault => FaultResponse.Fail;

    /// <summary>Compares what is in the topics with what the input makes of them. Answers how many results there should be.</summary>
    protected abstract int Check(SimulatedCluster cluster, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations);

    /// <param name="seed">Decides everything else.</param>
    /// <param name="guarantee">The application's guarantee.</param>
    /// <param name="mutation">A fault to plant.</param>
    /// <param name="keepsTrace">Whether every step is told.</param>
    /// <param name="alter">Changes the seed's plan.</param>
    /// <param name="disk">Where instances keep their state.</param>
    /// <param name="isLarge">Whether all partitions are there and all steps short: a run that takes several times as long and finds little more.</param>
    public Outcome Run(
        ulong seed, ProcessingGuarantee guarantee, Mutation mutation = Mutation.None, bool keepsTrace = false, Func<SimulationPlan, SimulationPlan>? alter = null,
        Disk disk = Disk.BySeed, bool isLarge = false)
    {
        var random = new SimulationRandom(seed);
        var partitions = isLarge ? SourceRecords.MostPartitions : new SimulationRandom(seed ^ 0x9A27).Pick([2, 4, 6, SourceRecords.MostPartitions]);
        var workload = SourceRecords.Of(random.Fork(), partitions);
        var plan = SimulationPlan.Of(random.Fork());
        if (!isLarge)
            plan = plan with { ShortSteps = 1_000 };
        plan = (alter?.Invoke(plan) ?? plan) with { Disk = PlanDisk(seed, disk), BacklogAgeMs = seed % 3 == 0 ? OldBacklogMs : 0 };
        return Run(seed, random, workload, plan, guarantee, mutation, keepsTrace).Outcome;
    }

    /// <summary>Runs a workload. Answers how it went, and what the run left behind.</summary>
    public (Outcome Outcome, SimulatedCluster Cluster) Run(
        ulong seed, SimulationRandom random, Workload workload, SimulationPlan plan, ProcessingGuarantee guarantee, Mutation mutation = Mutation.None, bool keepsTrace = false)
    {
        plan = plan with { SleepsWhileWriting = guarantee == ProcessingGuarantee.ExactlyOnce };
        var source = workload.Records;
        var topics = new Dictionary<string, int>(ResultTopics) { ["logs"] = workload.Partitions, [Late] = 1 };
        var simulation = new CrashStreams.Testing.Simulation.Simulation(random, new()
        {
            Topology = Build(),
            Options = new()
            {
                ApplicationId = "app", Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(plan.CommitIntervalMs), Shuffle = seed / 2 % 2 == 0 ? ShuffleFormat.Packed : ShuffleFormat.Plain }, PollWait = TimeSpan.Zero,
                Time = { LateTopic = Late, MaxFuture = TimeSpan.FromDays(1) }, RepartitionPurgeInterval = TimeSpan.FromSeconds(1), State = { StandbyReplicas = plan.StandbyReplicas }, Faults = { OnProduction = OnProductionFault },
            },
            Plan = plan,
            Input = source.Select(r => new SimulatedInput(
                new("logs", r.Partition), workload.IsKeyed ? TestInput.Bytes(r.User) : null, TestInput.Bytes($"{r.User} {(r.IsCrash ? "crash" : "fine")}"), r.Timestamp, r.WrittenAtMs + plan.BacklogAgeMs)).ToList(),
            ExternalTopics = topics,
            StartTime = SourceRecords.Start.AddMilliseconds(plan.BacklogAgeMs),
            ChaosSteps = random.Pick([100, 400, 1500]),
            Wrap = MutantClients.Of(mutation),
            WrapState = MutantStorage.Of(mutation),
            IgnoresFencing = mutation == Mutation.FencingIgnored,
            Refuses = Refuses,
            KeepsTrace = keepsTrace,
        });
        simulation.Run();
        if (keepsTrace)
            simulation.Trace.Lines.AddRange(simulation.Instances.SelectMany(i => i.Thread?.Tasks ?? []).Select(Describe));
        var violations = new List<string>(simulation.Violations);
        var results = simulation.IsAtRest ? CheckAll(simulation, source, guarantee == ProcessingGuarantee.ExactlyOnce && !plan.LosesPositions, violations) : 0;
        return (new(seed, simulation.Trace.Hash, simulation.Trace.Events, results, violations, simulation.Trace.Lines), simulation.Cluster);
    }

    private int CheckAll(CrashStreams.Testing.Simulation.Simulation simulation, IReadOnlyList<SourceRecord> source, bool isExact, List<string> violations)
    {
        var results = Check(simulation.Cluster, source, isExact, violations);
        CheckConsumed(simulation, violations);
        StateCheck.Run(simulation, violations);
        if (isExact)
            CheckNothingReplayed(simulation, violations);
        return results;
    }

    // Another sequence than the run's, so that runs in memory take the steps that they took before there were disks.
    private static DiskPlan? PlanDisk(ulong seed, Disk disk)
    {
        var random = new SimulationRandom(seed ^ 0xD15C);
        var isThere = random.Chance(0.7);
        return disk == Disk.Always || (disk == Disk.BySeed && isThere) ? DiskPlan.Of(random) : null;
    }

    /// <summary>Exactly-once: the same rows, each once. At-least-once: every row is there, with at least its count.</summary>
    protected static void CompareRows(string what, IEnumerable<Row> expected, List<Row> actual, bool isExact, List<string> violations)
    {
        if (!isExact)
        {
            var most = actual.GroupBy(r => (r.Key, r.StartMs)).ToDictionary(g => g.Key, g => g.Max(r => r.Count));
            foreach (var row in expected.Where(r => most.GetValueOrDefault((r.Key, r.StartMs)) < r.Count))
                violations.Add($"{what}: lost {row}; there is {most.GetValueOrDefault((row.Key, row.StartMs))}");
            return;
        }

        CompareSets(what, expected, actual, violations);
    }

    /// <summary>
    /// A window store's changelog has every open window. Of those that are final it has what some commit wrote, at most the whole: entries that expire
    /// before they were ever committed are not written.
    /// </summary>
    protected static void CompareChangelog(
        string what, WindowOracle oracle, Dictionary<(string Key, long StartMs), Row> actual, bool isExact, List<string> violations)
    {
        var final = oracle.Final.ToDictionary(r => (r.Key, r.StartMs));
        CompareRows(what, oracle.Open, actual.Where(r => !final.ContainsKey(r.Key)).Select(r => r.Value).ToList(), isExact, violations);
        if (isExact)
            violations.AddRange(actual.Where(r => final.TryGetValue(r.Key, out var whole) && whole.Count < r.Value.Count).Select(r => $"{what}: too much, {r.Value}"));
    }

    public static void CompareSets<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual, List<string> violations)
        where T : notnull
    {
        var left = expected.GroupBy(r => r).ToDictionary(g => g.Key, g => g.Count());
        foreach (var row in actual)
        {
            if (left.TryGetValue(row, out var count) && count > 0)
                left[row] = count - 1;
            else
                violations.Add($"{what}: unexpected {row}");
        }

        violations.AddRange(left.Where(l => l.Value > 0).Select(l => $"{what}: missing {l.Key}"));
    }

    private static string Describe(CrashStreams.Engine.StreamTask task) => string.Join(
        ' ', ((object[])[$"task {task.Id} {task.State} closed by {task.Context.Clock.Watermark}"])
        .Concat(task.Inputs.Select(i => (object)$"{i.Partition}@{i.NextOffset} {i.Clock.Watermark} {(i.Clock.IsIdle ? "idle" : "")}"))
        .Concat(task.Context.Clock.Operators.Select(o => (object)$"through {o.ClosedThrough}"))
        .Concat(task.Context.Dropped.ByReason.Select(d => (object)$"{d.Key}: {d.Value}")));

    public static void CheckConsumed(CrashStreams.Testing.Simulation.Simulation simulation, List<string> violations)
    {
        var topics = simulation.Topics.All.Where(t => !t.EndsWith("-changelog", StringComparison.Ordinal) && !t.EndsWith("-instances", StringComparison.Ordinal));
        foreach (var partition in topics.SelectMany(simulation.Cluster.Partitions))
        {
            var committed = simulation.Cluster.Group.CommittedOffsets.GetValueOrDefault(partition.At).Offset;
            if (partition.Committed().Any(e => e.Offset >= committed && !e.Entry.IsMarker))
                violations.Add($"{partition.At}: committed only to {committed} of {partition.End}");
        }
    }

    public static void CheckNothingReplayed(CrashStreams.Testing.Simulation.Simulation simulation, List<string> violations)
    {
        foreach (var task in simulation.Instances.SelectMany(i => i.Thread?.Tasks ?? []))
        {
            foreach (var (reason, count) in task.Context.Dropped.ByReason.Where(d => d.Key is "replayed" or "late-after-idle"))
                violations.Add($"Task {task.Id}: {count} records met a closed window ({reason})");
        }
    }
}

/// <summary>Where the instances of a run keep their state.</summary>
public enum Disk
{
    BySeed,
    Never,
    Always,
}

/// <summary>Bytes of the source topic.</summary>
internal static class TestInput
{
    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
