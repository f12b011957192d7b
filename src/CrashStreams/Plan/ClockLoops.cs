namespace CrashStreams.Plan;

/// <summary>
/// Decides which sources hold the clock of the tasks that read them. The answers of a foreign-key join do, so that its results are not late at windows behind it, unless the clock would wait
/// for itself: then what comes back is judged by the clock as it is. Subscriptions never do, because only answers are made of them, and the markers of those tell by themselves how far
/// subscriptions are.
/// <para>
/// Where a stream is merged with what was made of it behind a shuffle, tasks read what they have written. There the markers of a sink tell of the inputs in front of it, which the stream that comes back
/// is not one of, if nothing in front of the sink gives results when the task's clock moves: what goes through has a reference that is not below those inputs' clocks.
/// </para>
/// </summary>
internal static class ClockLoops
{
    /// <summary>Decides; answers a warning for each operator whose clock waits for itself all the same.</summary>
    public static IReadOnlyList<string> Break(IReadOnlyList<SubTopology> subTopologies)
    {
        foreach (var subTopology in subTopologies)
        {
            foreach (var answers in subTopology.Sources.Where(static s => s.MayHoldClock))
                answers.HoldsClock = !answers.Topics.Any(t => WaitsFor(subTopology, t, subTopologies, static k => k.IsInLoop, []));
        }

        foreach (var subTopology in subTopologies.Where(s => WaitsForItself(s, subTopologies, static k => k.IsInLoop)).ToList())
        {
            foreach (var sink in subTopology.Sinks.Where(static k => k.IsRepartition))
                sink.TellsOwnInputs = TimedInFront(subTopology, sink) is null;
        }

        return
        [
            .. from subTopology in subTopologies
               where WaitsForItself(subTopology, subTopologies, static k => k.TellsOwnInputs)
               from sink in subTopology.Sinks
               where sink is { IsRepartition: true, TellsOwnInputs: false }
               let timed = TimedInFront(subTopology, sink)
               where timed is not null
               select $"'{timed.Name}' gives results by the clock of its tasks, and these tasks read what is made of them behind '{sink.Topic}': their clock waits for itself, so results come only when the inputs are idle. "
                   + "Bring what they are merged or joined with behind a shuffle of its own first (Repartition).",
        ];
    }

    private static TopologyNode? TimedInFront(SubTopology subTopology, ISinkNode sink) => subTopology.NodesInFront((TopologyNode)sink).FirstOrDefault(static n => n is ITimeSpanNode);

    private static bool WaitsForItself(SubTopology subTopology, IReadOnlyList<SubTopology> all, Func<ISinkNode, bool> tellsOwnInputs) =>
        subTopology.Sources.Where(static s => s.IsRepartition && s.HoldsClock).SelectMany(static s => s.Topics).Any(t => WaitsFor(subTopology, t, all, tellsOwnInputs, []));

    // Whether the markers of a topic wait for the clock of a sub-topology.
    private static bool WaitsFor(SubTopology target, string topic, IReadOnlyList<SubTopology> all, Func<ISinkNode, bool> tellsOwnInputs, HashSet<string> seen)
    {
        if (!seen.Add(topic) || all.FirstOrDefault(s => s.Sinks.Any(k => k.IsRepartition && k.Topic == topic)) is not { } writer)
            return false;
        var sink = writer.Sinks.First(k => k.IsRepartition && k.Topic == topic);
        if (!tellsOwnInputs(sink) && writer == target)
            return true;
        var inputs = tellsOwnInputs(sink) ? writer.SourcesOf([(TopologyNode)sink]) : writer.Sources.Where(static s => s.HoldsClock);
        return inputs.Where(static s => s.IsRepartition).SelectMany(static s => s.Topics).Any(t => WaitsFor(target, t, all, tellsOwnInputs, seen));
    }
}
