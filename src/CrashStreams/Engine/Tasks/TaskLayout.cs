using CrashStreams.Log;
using CrashStreams.Plan;

namespace CrashStreams.Engine;

/// <summary>
/// Which partitions each task of a sub-topology reads. Inputs of equal width are read together: task i has partition i of every one, and the range assignment gives all of
/// them to the same member. Inputs of unequal width are not: the range assignment spreads each topic by itself, so partition i of one may be here and partition i of another elsewhere. Then
/// each group of inputs that feed a common store has tasks of its own, as has each input that feeds none, numbered through:
/// <code>
/// 'a' (4 partitions) merged with 'b' (2):   0_0 0_1 0_2 0_3 read a-0 a-1 a-2 a-3,   0_4 0_5 read b-0 b-1
/// </code>
/// See docs/decisions/inputs-of-unequal-width.md.
/// </summary>
internal sealed class TaskLayout
{
    private readonly List<TopicPartition[]> _tasks = [];
    private readonly List<(HashSet<string> Topics, int First, int Width)> _groups = [];
    private readonly SubTopology _subTopology;
    private readonly Func<ISourceNode, string, string> _fullName;

    /// <exception cref="TopologyException">Inputs feed a common store and have different numbers of partitions.</exception>
    public TaskLayout(SubTopology subTopology, Func<ISourceNode, string, string> fullName, Func<string, int> partitionsOf)
    {
        _subTopology = subTopology;
        _fullName = fullName;
        var groups = Groups();
        foreach (var group in groups)
            CheckWidths(group, partitionsOf);
        if (groups.SelectMany(static g => g.Topics).Select(partitionsOf).Distinct().Count() == 1)
            groups = [new Group([.. groups.SelectMany(static g => g.Topics)], null)];
        foreach (var group in groups)
        {
            var width = partitionsOf(group.Topics[0]);
            _groups.Add(([.. group.Topics], _tasks.Count, width));
            for (var partition = 0; partition < width; partition++)
                _tasks.Add([.. group.Topics.Select(t => new TopicPartition(t, partition))]);
        }
    }

    public SubTopology SubTopology => _subTopology;

    /// <summary>How many tasks there are.</summary>
    public int Count => _tasks.Count;

    /// <summary>What a task reads.</summary>
    public IReadOnlyList<TopicPartition> InputsOf(int task) => _tasks[task];

    /// <summary>Those of a task's inputs whose clocks a sink's markers tell of; null: they tell of the task's.</summary>
    public IReadOnlyList<TopicPartition>? ToldBy(ISinkNode sink, int task)
    {
        if (!sink.TellsOwnInputs)
            return null;
        var reaching = _subTopology.SourcesOf([(TopologyNode)sink]).Where(s => s.HoldsClock || sink.IsInLoop).SelectMany(s => s.Topics.Select(t => _fullName(s, t))).ToHashSet();
        return [.. _tasks[task].Where(i => reaching.Contains(i.Topic))];
    }

    /// <summary>Whether a task tells of a clock at a sink: where tasks read what they have written, one that reads nothing else has none to tell of.</summary>
    public bool TellsOf(ISinkNode sink, int task) => ToldBy(sink, task) is not { Count: 0 };

    /// <summary>The tasks that can have a key of a store: as many as the store's inputs have partitions.</summary>
    public (int First, int Count) TasksOf(StoreDefinition store)
    {
        var topics = TopicsOf(store);
        var (_, first, width) = _groups.Find(g => topics.Exists(g.Topics.Contains));
        return (first, width);
    }

    private List<string> TopicsOf(StoreDefinition store) =>
        _subTopology.SourcesOf(_subTopology.Nodes.Where(n => Has(n, store))).SelectMany(s => s.Topics.Select(t => _fullName(s, t))).Distinct().ToList();

    // Some stores are there with one of the clocks only.
    private static bool Has(TopologyNode node, StoreDefinition store) => node.Stores.Contains(store) || node.StoresFor(StreamTime.Watermarks).Contains(store);

    // Inputs of a common store first: their tasks' numbers are the partitions of its changelog.
    private List<Group> Groups()
    {
        var stores = _subTopology.Nodes.SelectMany(static n => n.Stores).Distinct().ToList();
        var groups = new List<Group>();
        foreach (var store in stores)
        {
            var topics = TopicsOf(store);
            foreach (var other in groups.Where(g => g.Topics.Exists(topics.Contains)).ToList())
            {
                topics = [.. other.Topics.Union(topics)];
                groups.Remove(other);
            }

            if (topics.Count > 0)
                groups.Add(new(topics, store.Name));
        }

        var all = _subTopology.Sources.SelectMany(s => s.Topics.Select(t => _fullName(s, t))).Distinct();
        groups.AddRange(all.Where(t => !groups.Exists(g => g.Topics.Contains(t))).Select(static t => new Group([t], null)).ToList());
        return groups;
    }

    private static void CheckWidths(Group group, Func<string, int> partitionsOf)
    {
        var widths = group.Topics.Order(StringComparer.Ordinal).Select(t => (Topic: t, Count: partitionsOf(t))).ToList();
        if (widths.TrueForAll(w => w.Count == widths[0].Count))
            return;
        throw new TopologyException(
            $"Inputs {string.Join(" and ", widths.Select(static w => $"'{w.Topic}' ({w.Count} {(w.Count == 1 ? "partition" : "partitions")})"))} feed store '{group.Store}' and must have the same number of partitions, so that " +
            "all records of a key meet in one task. Repartition one of them (Repartition with a name and that number of partitions) in front of it, or create the topics with the same number.");
    }

    private sealed record Group(List<string> Topics, string? Store);
}
