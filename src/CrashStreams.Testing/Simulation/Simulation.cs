using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Testing.Simulation;

/// <summary>A record that another application writes to a source partition at a moment of the run.</summary>
internal sealed record SimulatedInput(TopicPartition At, byte[]? Key, byte[]? Value, long Timestamp, long WrittenAtMs)
{
    /// <summary>How the transaction ended that it is in, whose end is in the log behind it; null: it is in none.</summary>
    public TransactionState? Transaction { get; init; }
}

/// <summary>
/// Runs several instances of an application, the cluster they use and everything that can go wrong, in one thread and by virtual time. All choices
/// come from the seed, so a run can be had again. First a time of chaos while the input is written, then quiet until nothing changes any more.
/// </summary>
internal sealed class Simulation
{
    private const int LongStepMs = 100;
    private const int QuietStepMs = 900;
    private const int MaxRunsPerQuietStep = 100;

    // Every second poll serves every partition: two empty ones in a row say that there is nothing.
    private const int IdleRunsPerQuietStep = 2;

    private readonly SimulationRandom _random;
    private readonly List<SimulatedInstance> _instances;
    private const int MostWaitMs = 600_000;

    private readonly Queue<SimulatedInput> _input;
    private readonly Dictionary<TopicPartition, long> _written = [];
    private readonly int _chaosSteps;
    private readonly SimulatedStranger? _stranger;
    private int _steps;
    private bool _isPausing;

    public Simulation(SimulationRandom random, SimulationSetup setup)
    {
        _random = random;
        Plan = setup.Plan;
        Options = setup.Options;
        Topology = setup.Topology;
        Wrap = setup.Wrap;
        WrapState = setup.WrapState;
        _chaosSteps = setup.ChaosSteps;
        _input = new(setup.Input.OrderBy(i => i.WrittenAtMs));
        Trace = new(setup.KeepsTrace);
        Cluster = new(new ManualTime(setup.StartTime), Trace, Plan) { IgnoresFencing = setup.IgnoresFencing, Refuses = setup.Refuses };
        Cluster.Time.PassUntil = PassUntil;
        SharedDisk = new(Cluster.Time);
        foreach (var (topic, partitions) in setup.ExternalTopics)
            Cluster.Create(topic, partitions, new Dictionary<string, string>());
        Topics = InternalTopics.PrepareAsync(Topology, Options, Wrap(new SimulatedClients(Cluster, null, Plan)).CreateAdmin("setup"), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        if (Plan.StrangerRate is { } commitRate)
            _stranger = new(Cluster, Topology.SourceTopics, commitRate, random.Fork());
        _instances = Enumerable.Range(0, Plan.Instances).Select(i => new SimulatedInstance(this, i, random.Fork())).ToList();
    }

    public SimulationPlan Plan { get; }

    public StreamsOptions Options { get; }

    public Topology Topology { get; }

    public InternalTopics Topics { get; }

    public SimulatedCluster Cluster { get; }

    public Trace Trace { get; }

    public Func<ILogClients, ILogClients> Wrap { get; }

    public Func<IStateStorage, IStateStorage> WrapState { get; }

    /// <summary>The disk of a machine that all instances run on.</summary>
    public MemoryStateStorage SharedDisk { get; }

    public bool IsChaotic { get; private set; } = true;

    /// <summary>Whether the run came to its end. What it has left behind says nothing otherwise.</summary>
    public bool IsAtRest { get; private set; } = true;

    /// <summary>Whether anything went wrong: without, records are processed once under any guarantee.</summary>
    public bool IsDisturbed { get; set; }

    public List<string> Violations => Cluster.Violations;

    public IReadOnlyList<SimulatedInstance> Instances => _instances;

    public void Run()
    {
        for (var step = 0; step < _chaosSteps || _input.Count > 0; step++)
        {
            if (step < _chaosSteps / 2)
                _stranger?.Step();
            else if (step == _chaosSteps / 2)
                HalfTime();
            ChaoticStep();
        }

        IsChaotic = false;
        Log(null, "quiet");
        Settle();
    }

    /// <summary>An instance sleeps in the middle of a call, longer or shorter than its session, while the others and the time go on.</summary>
    public void Pause(SimulatedInstance instance, string call)
    {
        if (_isPausing)
            return;
        _isPausing = instance.IsPaused = IsDisturbed = true;
        Log(instance, $"pause before {call}");
        for (var until = Cluster.NowMs + _random.Between(1, (int)Plan.SessionTimeoutMs * 3); Cluster.NowMs < until;)
            ChaoticStep();
        Log(instance, "wake");
        _isPausing = instance.IsPaused = false;
    }

    /// <summary>An operator takes its time, in the middle of a turn of its instance: the input goes on, and what the cluster does as time goes by.</summary>
    public void Spend(int milliseconds)
    {
        if (milliseconds > 0)
            Advance(milliseconds);
    }

    private void PassUntil(Func<bool> isOver)
    {
        for (var passed = 0; !isOver(); passed++)
        {
            if (passed == MostWaitMs)
                throw new InvalidOperationException("Something asynchronous is never done: it does not follow the simulation's time.");
            Spend(1);
        }
    }

    public void Log(SimulatedInstance? instance, string what, long a = 0) => Trace.Add(Cluster.NowMs, instance?.Number ?? -1, what, a, Cluster.DataRecords);

    private void ChaoticStep()
    {
        Advance(_random.Below((_steps++ < Plan.ShortSteps ? Plan.MaxStepMs : LongStepMs) + 1));
        var instance = _random.Pick(_instances);
        if (instance.IsPaused)
            return;
        if (_random.Chance(Plan.CompactionRate))
            Compact();
        if (_random.Chance(Plan.StopRate))
            instance.Stop();
        else
            instance.Step();
    }

    private void Settle()
    {
        var (quiet, isBusy) = (new QuietTime(this), true);
        for (; !quiet.IsAtRest; Advance(QuietStepMs))
        {
            if (quiet.IsOver)
            {
                Violations.Add(quiet.Unrest());
                IsAtRest = false;
                return;
            }

            // While nothing happens one turn is enough: what it doesn't serve the next step's does.
            var enough = isBusy ? IdleRunsPerQuietStep : 1;
            isBusy = false;
            foreach (var instance in _instances)
            {
                for (var (runs, idle) = (0, 0); runs < MaxRunsPerQuietStep && idle < enough; runs++)
                {
                    var isIdle = !instance.Step();
                    isBusy |= !isIdle;
                    idle = isIdle ? idle + 1 : 0;
                }
            }

            quiet.Look();
        }
    }

    private void Advance(int milliseconds)
    {
        Cluster.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        while (_input.TryPeek(out var next) && next.WrittenAtMs <= Cluster.NowMs)
        {
            _input.Dequeue();
            Write(next);
        }

        Cluster.Tick();
    }

    private void Write(SimulatedInput input)
    {
        var partition = Cluster.Partition(input.At);
        var sequence = _written[input.At] = _written.GetValueOrDefault(input.At) + 1;
        var transaction = input.Transaction is { } state ? new SimulatedTransaction(Cluster.NowMs) { State = state } : null;
        Cluster.Append(partition, new(input.Key, input.Value, input.Timestamp, null, transaction, false), -1, sequence);
        if (transaction is not null)
            partition.Finish(transaction);
    }

    // What operators do, or should not have done, once in a run.
    private void HalfTime()
    {
        _stranger?.Leave();
        if (Plan.CopiesChangelogs)
            CopyChangelogs();
        if (!Plan.LosesPositions)
            return;
        KillAll();
        var lost = Cluster.Group.CommittedOffsets.Keys.Order().Where(_ => _random.Chance(Plan.LostOffsets)).ToList();
        Cluster.Group.Forget(lost);
        Log(null, $"offsets are lost: {string.Join(' ', lost)}");
    }

    // For so long that the group does not know them any more.
    private void KillAll()
    {
        foreach (var instance in _instances)
            instance.Kill(Plan.SessionTimeoutMs);
    }

    private List<string> Changelogs => Topics.All.Where(static t => t.EndsWith("-changelog", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();

    private void CopyChangelogs()
    {
        Log(null, "changelogs are made anew");
        KillAll();
        foreach (var changelog in Changelogs)
            Cluster.MakeAnew(changelog);
    }

    private void Compact()
    {
        var changelogs = Changelogs;
        if (changelogs.Count == 0)
            return;
        var partition = _random.Pick(Cluster.Partitions(_random.Pick(changelogs)));
        partition.Compact(_random.Below((int)partition.End + 1), Cluster.OldestCompacted(partition.At.Topic));
    }
}
