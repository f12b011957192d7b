namespace CrashStreams.Plan;

/// <summary>
/// Decides which sources hold the clock of the tasks that read them. The answers of a foreign-key join do, so that its results are not late at windows behind it, unless the clock would wait
/// for itself: then what comes back is judged by the clock as it is. Subscriptions never do, because only answers are made of them, and the markers of those tell by themselves how far
/// subscriptions are.
/// </summary>
internal static class ClockLoops
{
    public static void Break(IReadOnlyList<SubTopology> subTopologies)
    {
        foreach (var subTopology in subTopologies)
        {
            foreach (var answers in subTopology.Sources.Where(static s => s.MayHoldClock))
                answers.HoldsClock = !answers.Topics.Any(t => WaitsFor(subTopology, t, subTopologies, []));
        }
    }

    private static bool WaitsFor(SubTopology target, string topic, IReadOnlyList<SubTopology> all, HashSet<string> seen)
    {
        if (!seen.Add(topic) || all.FirstOrDefault(s => s.Sinks.Any(k => k.IsRepartition && k.Topic == topic)) is not { } writer)
            return false;
        var sink = writer.Sinks.First(k => k.IsRepartition && k.Topic == topic);
        if (!sink.IsInLoop && writer == target)
            return true;
        var inputs = sink.IsInLoop ? writer.SourcesOf([(TopologyNode)sink]) : writer.Sources.Where(static s => s.HoldsClock);
        return inputs.Where(static s => s.IsRepartition).SelectMany(static s => s.Topics).Any(t => WaitsFor(target, t, all, seen));
    }
}
