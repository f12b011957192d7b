namespace CrashStreams.Plan;

/// <summary>Finds tables that two others are made of, without a topic in between.</summary>
internal static class CommonTables
{
    /// <summary>Whether one update of a table may reach both nodes.</summary>
    public static bool Have(TopologyNode left, TopologyNode right) => InFrontOf(left).Overlaps(InFrontOf(right));

    // A repartition topic is no table: what reads it keeps rows of its own.
    private static HashSet<TopologyNode> InFrontOf(TopologyNode node)
    {
        var (found, open) = (new HashSet<TopologyNode>(), new Stack<TopologyNode>([node]));
        while (open.TryPop(out var next))
        {
            if (!next.GivesTable || next is ISourceNode || !found.Add(next))
                continue;
            foreach (var parent in next.Parents)
                open.Push(parent);
        }

        return found;
    }
}
