using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>How a run of a random topology went.</summary>
/// <param name="Violations">What differs from the ideal run, and what no application should have done.</param>
/// <param name="Compared">Rows, stored rows and late records that there had to be.</param>
/// <param name="Trace">Every step, when that was asked for.</param>
internal sealed record TopologyOutcome(IReadOnlyList<string> Violations, int Compared, IReadOnlyList<string> Trace);

/// <summary>All that a seed decides: a topology, its input, and the cluster in which it runs with what goes wrong there.</summary>
internal sealed record TopologyCase
{
    private const string Application = "app";

    // Older than what a broker keeps of a changelog that Kafka Streams made.
    private const long OldBacklogMs = 10L * 24 * 60 * 60 * 1000;

    public required ulong Seed { get; init; }

    public required ProcessingGuarantee Guarantee { get; init; }

    public required Description Description { get; init; }

    public required IReadOnlyList<SimulatedInput> Input { get; init; }

    public required SimulationPlan Plan { get; init; }

    public required int ChaosSteps { get; init; }

    public required int MarkerIntervalMs { get; init; }

    /// <summary>How records travel between tasks.</summary>
    public required ShuffleFormat Shuffle { get; init; }

    /// <summary>Whether all partitions are silent for a while and bring hours of event time within seconds afterwards.</summary>
    public bool HasNight { get; init; }

    /// <summary>What is done about records of which something fails as planned.</summary>
    public required FaultResponse OnFault { get; init; }

    public static TopologyCase Of(ulong seed, ProcessingGuarantee guarantee)
    {
        var random = new SimulationRandom(seed ^ 0x70B0);
        return Of(seed, guarantee, random, Sketch.Draw(random.Fork(), TopologySwitches.Sketch));
    }

    /// <summary>All but the topology is drawn.</summary>
    public static TopologyCase Of(ulong seed, ProcessingGuarantee guarantee, SimulationRandom random, Description description)
    {
        var isExact = guarantee == ProcessingGuarantee.ExactlyOnce;
        var backlogAgeMs = random.Chance(0.3) ? OldBacklogMs : 0;
        var feed = Feed.Of(random.Fork(), description, TopologySwitches.AbortedInputs, out var hasNight);
        var plan = SimulationPlan.Of(random.Fork()) with
        {
            ShortSteps = 500,
            SleepsWhileWriting = isExact,
            BacklogAgeMs = backlogAgeMs,
            Disk = random.Chance(0.6) ? DiskPlan.Of(random.Fork()) : null,
            StandbyReplicas = random.Chance(0.2) ? 1 : 0,
            LostOffsets = random.Chance(0.06) ? random.Pick([0.3, 1]) : 0,
            StrangerRate = random.Chance(0.06) ? random.Pick([0.3, 0]) : null,
        };
        // A task that nobody runs when the others wake is not heard: it was idle when it was last.
        if (random.Chance(0.3) || hasNight)
            plan = plan with { CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, MissedEpochRate = 0 };
        if (hasNight)
            plan = plan with { LostOffsets = 0, StrangerRate = null };
        return new()
        {
            Seed = seed, Guarantee = guarantee, Description = description, Plan = plan, HasNight = hasNight,
            Input = feed.ConvertAll(i => i with { WrittenAtMs = i.WrittenAtMs + backlogAgeMs }),
            ChaosSteps = random.Pick([50, 200, 600]),
            MarkerIntervalMs = random.Pick([0, 100, 100, 1_000]),
            OnFault = random.Pick([FaultResponse.Skip, FaultResponse.DeadLetter]),
            Shuffle = random.Chance(0.7) ? ShuffleFormat.Packed : ShuffleFormat.Plain,
        };
    }

    /// <param name="mutation">A fault to plant between the runtime and its ports.</param>
    /// <param name="faulty">A class of operators to build wrong.</param>
    /// <param name="keepsTrace">Whether every step is told.</param>
    public TopologyOutcome Run(Mutation mutation = Mutation.None, Type? faulty = null, bool keepsTrace = false)
    {
        CrashStreams.Testing.Simulation.Simulation? simulation = null;
        var topics = Description.SourceTopics.Concat(Description.Sinks.SelectMany(static s => s.ResultTopics)).Append(new(Scenario.Late, 1)).Append(new(PlannedFault.DeadLetters, 1)).ToDictionary();
        simulation = new(new SimulationRandom(Seed), new()
        {
            Topology = Description.Build(milliseconds => simulation!.Spend(milliseconds), faulty, milliseconds => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), simulation!.Cluster.Time)),
            Options = new()
            {
                ApplicationId = Application, Time = { MaxFuture = TimeSpan.FromDays(1), LateTopic = Scenario.Late, MarkerInterval = TimeSpan.FromMilliseconds(MarkerIntervalMs) }, Delivery = { Guarantee = Guarantee, CommitInterval = TimeSpan.FromMilliseconds(Plan.CommitIntervalMs), Shuffle = Shuffle }, PollWait = TimeSpan.Zero, RepartitionPurgeInterval = TimeSpan.FromSeconds(1), State = { StandbyReplicas = Plan.StandbyReplicas },
                Faults = { Handler = fault => PlannedFault.IsPlanned(fault) ? OnFault : null, DeadLetterTopic = PlannedFault.DeadLetters },
            },
            Plan = Plan,
            Input = Input,
            ExternalTopics = topics,
            StartTime = SourceRecords.Start.AddMilliseconds(Plan.BacklogAgeMs),
            ChaosSteps = ChaosSteps,
            Wrap = MutantClients.Of(mutation),
            WrapState = MutantStorage.Of(mutation),
            IgnoresFencing = mutation == Mutation.FencingIgnored,
            KeepsTrace = keepsTrace,
        });
        simulation.Run();
        var violations = new List<string>(simulation.Violations);
        if (!simulation.IsAtRest)
            return new(violations, 0, simulation.Trace.Lines);
        var promise = Guarantee == ProcessingGuarantee.AtLeastOnce && simulation.IsDisturbed ? Promise.AtLeastOnce : Plan.LosesPositions ? Promise.Again : Promise.Exact;
        var comparison = new Comparison(Description, simulation.Cluster, Application, promise, violations) { HasDeadLetters = OnFault == FaultResponse.DeadLetter };
        comparison.Run();
        Scenario.CheckConsumed(simulation, violations);
        StateCheck.Run(simulation, violations);
        if (promise == Promise.Exact)
            Scenario.CheckNothingReplayed(simulation, violations);
        return new(violations, comparison.Compared, simulation.Trace.Lines);
    }

    public override string ToString() =>
        $"seed {Seed}, {Guarantee}, {Input.Count} input records, {Plan.Instances} instance(s), markers every {MarkerIntervalMs} ms, {Shuffle} shuffles, {Plan}\n{Description}{Description.ToMermaid()}";
}
