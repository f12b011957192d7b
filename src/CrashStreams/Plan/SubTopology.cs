namespace CrashStreams.Plan;

/// <summary>A connected part of a topology: its nodes run together in one task per partition of its inputs.</summary>
internal sealed class SubTopology(int id, IReadOnlyList<TopologyNode> nodes)
{
    public int Id => id;

    /// <summary>In the order in which they were built: parents before children.</summary>
    public IReadOnlyList<TopologyNode> Nodes => nodes;

    public IEnumerable<ISourceNode> Sources => nodes.OfType<ISourceNode>();

    public IEnumerable<ISinkNode> Sinks => nodes.OfType<ISinkNode>();

    public IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => nodes.SelectMany(n => n.StoresFor(mode)).Distinct();

    /// <summary>The sources whose records reach any of these nodes.</summary>
    public IEnumerable<ISourceNode> SourcesOf(IEnumerable<TopologyNode> nodes) => Reached(nodes, static n => n.Parents).OfType<ISourceNode>();

    /// <summary>A node, and the nodes whose records reach it.</summary>
    public IEnumerable<TopologyNode> NodesInFront(TopologyNode node) => Reached([node], static n => n.Parents);

    /// <summary>The nodes that records of these sources reach, in the order of <see cref="Nodes"/>.</summary>
    public IReadOnlyList<TopologyNode> NodesBehind(IEnumerable<ISourceNode> sources)
    {
        var reached = Reached(sources.Cast<TopologyNode>(), static n => n.Children);
        return nodes.Where(reached.Contains).ToList();
    }

    private static HashSet<TopologyNode> Reached(IEnumerable<TopologyNode> from, Func<TopologyNode, IEnumerable<TopologyNode>> next)
    {
        var reached = new HashSet<TopologyNode>();
        var pending = new Stack<TopologyNode>(from);
        while (pending.TryPop(out var node))
        {
            if (!reached.Add(node))
                continue;
            foreach (var other in next(node))
                pending.Push(other);
        }

        return reached;
    }

    /// <summary>
    /// Splits a graph: nodes belong together when they are connected or share a store. Numbered in the order of their first node, as Kafka Streams does,
    /// because the number is part of a task's id.
    /// </summary>
    public static IReadOnlyList<SubTopology> Split(IReadOnlyList<TopologyNode> nodes)
    {
        var group = new Dictionary<TopologyNode, List<TopologyNode>>();
        var byStore = new Dictionary<StoreDefinition, TopologyNode>();
        foreach (var node in nodes)
        {
            group[node] = [node];
            foreach (var parent in node.Parents)
                Join(node, parent);
            foreach (var store in node.Stores)
            {
                if (!byStore.TryAdd(store, node))
                    Join(node, byStore[store]);
            }
        }

        return nodes.Select(n => group[n]).Distinct()
            .Select((members, id) => new SubTopology(id, nodes.Where(members.Contains).ToList()))
            .ToList();

        void Join(TopologyNode a, TopologyNode b)
        {
            var (into, from) = (group[b], group[a]);
            if (into == from)
                return;
            into.AddRange(from);
            foreach (var member in from)
                group[member] = into;
        }
    }
}
