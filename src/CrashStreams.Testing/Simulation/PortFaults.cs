using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// What goes wrong at the calls that one life of an instance makes: it dies before or after the call, sleeps through its session
/// and wakes up in the middle of it, is refused, or doesn't hear that it was done.
/// </summary>
internal sealed class PortFaults(Simulation simulation, SimulatedInstance instance, SimulationRandom random)
{
    /// <summary>After a crash: whatever the dead code still calls reaches nobody.</summary>
    public bool IsDead { get; private set; }

    public int Instance => instance.Number;

    public bool IsBeating => !IsDead && !instance.IsPaused;

    public SimulationRandom Random => random;

    public bool IsChaotic => simulation.IsChaotic;

    /// <param name="call">The port's call.</param>
    /// <param name="weight">How often it is hit, relative to others: there are many more sends than commits.</param>
    /// <param name="mayFail">Whether the call may answer with an error from which the caller is to recover.</param>
    /// <param name="isWrite">Whether the call writes what nobody checks the owner of.</param>
    public void Before(string call, double weight = 1, bool mayFail = true, bool isWrite = false)
    {
        ThrowIfDead();
        if (!simulation.IsChaotic)
            return;
        if (random.Chance(simulation.Plan.CrashRate * weight))
            Crash($"before {call}");
        if (random.Chance(simulation.Plan.PauseRate * weight) && (simulation.Plan.SleepsWhileWriting || !isWrite))
            simulation.Pause(instance, call);
        if (mayFail && random.Chance(simulation.Plan.ErrorRate * weight))
            Fail($"refused {call}");
    }

    public void After(string call, double weight = 1, bool mayFail = true)
    {
        if (!simulation.IsChaotic)
            return;
        if (random.Chance(simulation.Plan.CrashRate * weight))
            Crash($"after {call}");
        if (mayFail && random.Chance(simulation.Plan.ErrorRate * weight))
            Fail($"no answer to {call}");
    }

    /// <summary>Whether something small goes wrong that the client itself repairs.</summary>
    public bool Hiccup() => simulation.IsChaotic && Happens(simulation.Plan.ErrorRate);

    /// <summary>Whether a commit overtakes the heartbeat that would have told the group's new epoch.</summary>
    public bool MissesEpoch() => simulation.IsChaotic && Happens(simulation.Plan.MissedEpochRate);

    public void ThrowIfDead()
    {
        if (IsDead)
            throw new InstanceCrash("earlier");
    }

    /// <summary>The instance dies between two turns.</summary>
    public void Kill() => IsDead = true;

    private bool Happens(double rate)
    {
        var happens = random.Chance(rate);
        simulation.IsDisturbed |= happens;
        return happens;
    }

    private void Crash(string where)
    {
        simulation.IsDisturbed = true;
        simulation.Log(instance, $"crash {where}");
        Kill();
        throw new InstanceCrash(where);
    }

    private void Fail(string what)
    {
        simulation.IsDisturbed = true;
        simulation.Log(instance, what);
        throw new LogException($"Simulated: {what}.") { IsRetriable = true };
    }
}
