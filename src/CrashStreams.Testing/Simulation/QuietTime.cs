namespace CrashStreams.Testing.Simulation;

/// <summary>
/// The time of a run in which nothing goes wrong any more: whether it has come to rest (nothing is written, nobody starts, the group is balanced, every task runs), and what is
/// still going on when it has not. A run that never rests is not judged by its results, which it may just not have come to.
/// </summary>
internal sealed class QuietTime(Simulation simulation)
{
    private const int RestMs = 30_000;
    private const int MostMs = 600_000;

    private readonly long _beganMs = simulation.Cluster.NowMs;
    private readonly (long Records, int Rebalances, int Starts) _first = Activity(simulation);
    private readonly List<int> _starts = simulation.Instances.Select(static i => i.Starts).ToList();
    private (long Records, int Rebalances, int Starts) _last = Activity(simulation);
    private long _quietSinceMs = simulation.Cluster.NowMs;

    /// <summary>Whether nothing has happened for a while, and nothing waits.</summary>
    public bool IsAtRest => simulation.Cluster.NowMs - _quietSinceMs >= RestMs && simulation.Cluster.Group.IsBalanced && simulation.Instances.All(static i => i.IsRunning);

    public bool IsOver => simulation.Cluster.NowMs - _beganMs > MostMs;

    public void Look()
    {
        var now = Activity(simulation);
        if (now != _last)
            (_last, _quietSinceMs) = (now, simulation.Cluster.NowMs);
    }

    /// <summary>What goes on.</summary>
    public string Unrest()
    {
        var group = simulation.Cluster.Group.IsBalanced ? "balanced" : "not balanced";
        var instances = simulation.Instances.Select((instance, i) =>
            $"instance {instance.Number} has started {instance.Starts - _starts[i]} times, {Describe(instance)}, last error: {instance.LastError?.Message ?? "none"}");
        return $"The run does not come to rest in {MostMs / 1000} s. {_last.Records - _first.Records} records were written, the last activity was {simulation.Cluster.NowMs - _quietSinceMs} ms ago; "
            + $"the group has rebalanced {_last.Rebalances - _first.Rebalances} times and is {group}; {string.Join("; ", instances)}";
    }

    private static string Describe(SimulatedInstance instance) => instance.Thread is not { } thread
        ? "is down"
        : $"its tasks: {string.Join(' ', thread.Tasks.GroupBy(static t => t.State).Select(static g => $"{g.Key} {string.Join(',', g.Select(static t => t.Id))}"))}";

    private static (long Records, int Rebalances, int Starts) Activity(Simulation simulation)
    {
        // In every step of a run: without LINQ.
        var starts = 0;
        foreach (var instance in simulation.Instances)
            starts += instance.Starts;
        return (simulation.Cluster.DataRecords, simulation.Cluster.Group.Epoch, starts);
    }
}
