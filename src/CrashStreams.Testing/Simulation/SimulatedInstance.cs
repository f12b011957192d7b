using CrashStreams.Engine;
using CrashStreams.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// A process with one stream thread. It dies and a new one starts with nothing in memory; its thread meets an error from which a new one
/// recovers, as in a running application; it stops in order.
/// </summary>
internal sealed class SimulatedInstance(Simulation simulation, int number, SimulationRandom random)
{
    /// <summary>How a violation begins that says that an instance has ended by itself.</summary>
    public const string Failed = "Instance";

    private const int ThreadRestartMs = 1_000;
    private const int MaxDownSteps = 100;

    // Instances die without disposing of anything, and nobody reads their metrics.
    private static readonly EngineGauges _nobodysGauges = new("simulation", null);

    private readonly SimulationRandom? _diskRandom = simulation.Plan.Disk?.Random.Fork();
    private MemoryStateStorage? _disk = simulation.Plan.Disk is null ? null : simulation.Plan.Disk.IsShared ? simulation.SharedDisk.OtherProcess() : new(simulation.Cluster.Time);
    private StreamThread? _thread;
    private PortFaults? _faults;
    private long _startsAtMs;
    private Action? _turn;
    private bool _isBusy;
    private int _life;

    public int Number => number;

    /// <summary>Asleep in the middle of a call: no heartbeat goes out.</summary>
    public bool IsPaused { get; set; }

    public StreamThread? Thread => _thread;

    /// <summary>Starts of a thread so far, those that failed included.</summary>
    public int Starts { get; private set; }

    /// <summary>Why the thread before this one ended, when it was not in order.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>Whether it is up and all its tasks run.</summary>
    public bool IsRunning => _thread?.Tasks.All(static t => t.State == TaskState.Running) == true;

    /// <summary>One turn, when the instance is up. Answers whether there was anything to do.</summary>
    public bool Step()
    {
        if (_thread is null && simulation.Cluster.NowMs < _startsAtMs)
            return false;
        _isBusy = true;
        Guard(_turn ??= Turn);
        return _isBusy;
    }

    private void Turn()
    {
        if (_thread is null)
            Start();
        else
            _isBusy = _thread.RunOnce();
    }

    /// <summary>Ends in order, and starts again some time later.</summary>
    public void Stop()
    {
        if (_thread is null)
            return;
        simulation.Log(this, "stop");
        Guard(() =>
        {
            _thread.Stop();
            _thread.Dispose();
            _thread = null;
            StartAfter(random.Below(simulation.Plan.MaxStepMs * MaxDownSteps));
        });
    }

    /// <summary>Dies between two turns, and starts again some time later.</summary>
    /// <param name="downMs">For how long at least, milliseconds.</param>
    public void Kill(long downMs)
    {
        _faults?.Kill();
        Died();
        _startsAtMs += downMs;
    }

    private void Start()
    {
        simulation.Log(this, "start", _life);
        Starts++;
        var faults = _faults = new PortFaults(simulation, this, random.Fork());
        var clients = simulation.Wrap(new SimulatedClients(simulation.Cluster, faults, simulation.Plan));
        var options = simulation.Options with { };
        if (_disk is not null)
            (options.State.Storage, options.State.CacheBytes) = (simulation.WrapState(new SimulatedStorage(_disk, faults)), simulation.Plan.Disk!.CacheBytes);
        // As an application does before it joins: the coordinator takes what this commits only while the group is empty.
        var own = new OwnPositions();
        if (simulation.Plan.LosesPositions && simulation.Cluster.Group.IsEmpty)
            MendPositions(clients, own);
        _thread = new(
            $"{simulation.Options.ApplicationId}-{number}-{_life}-0", simulation.Topology, options, simulation.Topics, clients,
            simulation.Cluster.Time, NullLogger.Instance, own, gauges: _nobodysGauges);
        _thread.Start();
    }

    private void MendPositions(ILogClients clients, OwnPositions own)
    {
        using var admin = clients.CreateAdmin("positions");
        using var group = clients.CreateConsumer("positions", simulation.Options.ApplicationId, readCommitted: true);
        new LostPositions(simulation.Topology, simulation.Options, simulation.Topics, own, simulation.Cluster.Time, NullLogger.Instance)
            .MendAsync(admin, group, CancellationToken.None).GetAwaiter().GetResult();
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (InstanceCrash)
        {
            Died();
        }
        catch (LogException e) when (e.IsRetriable || e.IsFenced)
        {
            simulation.Log(this, "thread restarts");
            simulation.IsDisturbed = true;
            LastError = e;
            _thread?.Dispose();
            _thread = null;
            StartAfter(ThreadRestartMs);
        }
        catch (Exception e)
        {
            simulation.Violations.Add($"{Failed} {number} failed: {e}");
            LastError = e;
            _thread = null;
            CrashDisk();
            _life++;
            StartAfter(ThreadRestartMs);
        }
    }

    private void Died()
    {
        _thread = null;
        CrashDisk();
        _life++;
        StartAfter(random.Below(simulation.Plan.MaxStepMs * MaxDownSteps));
    }

    // What was written last may not have reached the disk; sometimes all of it goes with the instance, or a part of it can't be read any more.
    private void CrashDisk()
    {
        if (_disk is null)
            return;
        var plan = simulation.Plan.Disk!;
        _disk.Crash(most => _diskRandom!.Below(most + 1));
        if (!plan.IsShared && _diskRandom!.Chance(plan.LossRate))
            _disk = new(simulation.Cluster.Time);
        else if (_disk.Stores.Count > 0 && _diskRandom!.Chance(plan.CorruptionRate) && _diskRandom.Pick(_disk.Stores).Split('/') is [var application, var task, var store])
            _disk.Corrupt(application, task, store);
    }

    private void StartAfter(int milliseconds) => _startsAtMs = simulation.Cluster.NowMs + milliseconds;
}
