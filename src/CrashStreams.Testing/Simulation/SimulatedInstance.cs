using CrashStreams.Log;
using CrashStreams.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// A process with one stream thread. It dies and a new one starts with nothing in memory; its thread meets an error from which a new one
/// recovers, as in a running application; it stops in order.
/// </summary>
internal sealed class SimulatedInstance(Simulation simulation, int number, SimulationRandom random)
{
    private const int ThreadRestartMs = 1_000;
    private const int MaxDownSteps = 100;

    private StreamThread? _thread;
    private long _startsAtMs;
    private int _life;

    public int Number => number;

    /// <summary>Asleep in the middle of a call: no heartbeat goes out.</summary>
    public bool IsPaused { get; set; }

    public StreamThread? Thread => _thread;

    /// <summary>One turn, when the instance is up. Answers whether there was anything to do.</summary>
    public bool Step()
    {
        if (_thread is null && simulation.Cluster.NowMs < _startsAtMs)
            return false;
        var any = true;
        Guard(() =>
        {
            if (_thread is null)
                Start();
            else
                any = _thread.RunOnce();
        });
        return any;
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

    private void Start()
    {
        simulation.Log(this, "start", _life);
        var faults = new PortFaults(simulation, this, random.Fork());
        var clients = simulation.Wrap(new SimulatedClients(simulation.Cluster, faults, simulation.Plan));
        _thread = new(
            $"{simulation.Options.ApplicationId}-{number}-{_life}-0", simulation.Topology, simulation.Options, simulation.Topics, clients,
            simulation.Cluster.Time, NullLogger.Instance);
        _thread.Start();
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (InstanceCrash)
        {
            _thread = null;
            _life++;
            StartAfter(random.Below(simulation.Plan.MaxStepMs * MaxDownSteps));
        }
        catch (LogException e) when (e.IsRetriable || e.IsFenced)
        {
            simulation.Log(this, "thread restarts");
            _thread?.Dispose();
            _thread = null;
            StartAfter(ThreadRestartMs);
        }
        catch (Exception e)
        {
            simulation.Violations.Add($"Instance {number} failed: {e}");
            _thread = null;
            _life++;
            StartAfter(ThreadRestartMs);
        }
    }

    private void StartAfter(int milliseconds) => _startsAtMs = simulation.Cluster.NowMs + milliseconds;
}
