using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>The graph under construction, and the names in it: Kafka Streams' own, so that its topics and stores can be taken over.</summary>
internal sealed class BuilderState
{
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<TopologyNode, ISinkNode> _cuts = [];
    private int _index;

    public List<TopologyNode> Nodes { get; } = [];

    public List<RepartitionTopic> RepartitionTopics { get; } = [];

    public Dictionary<string, StoreDefinition> Stores { get; } = [];

    public List<string> Faults { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>A name as given, or generated. A given one uses up a number too: names after it don't change when it is given or taken away.</summary>
    public string Name(string? given, string prefix)
    {
        var generated = $"{prefix}-{_index++:D10}";
        return given ?? generated;
    }

    public TNode Add<TNode>(TNode node, params ReadOnlySpan<TopologyNode> parents)
        where TNode : TopologyNode
    {
        if (!_names.Add(node.Name))
            Faults.Add($"Two nodes are named '{node.Name}'. Give one another name.");
        Nodes.Add(node);
        foreach (var parent in parents)
            parent.AddChild(node);
        return node;
    }

    public TStore AddStore<TStore>(TStore store)
        where TStore : StoreDefinition
    {
        if (!Stores.TryAdd(store.Name, store))
            Faults.Add($"Two stores are named '{store.Name}'. Give one another name.");
        return store;
    }

    /// <summary>Cuts the graph: a sink and a source around a topic that brings records to the partition of their key.</summary>
    public SourceNode<TKey, TValue> Repartition<TKey, TValue>(
        TopologyNode<TKey, TValue> from, string? name, string fallbackName, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, int? partitions)
    {
        if (name is null)
            Warnings.Add($"The repartition topic '{fallbackName}-repartition' has a generated name: it changes when the topology does. Name it by Grouped or Repartitioned.");
        var topic = $"{name ?? fallbackName}-repartition";
        var sinkName = Name(name is null ? null : $"{topic}-sink", "KSTREAM-SINK");
        var filterName = Name(name is null ? null : $"{topic}-filter", "KSTREAM-FILTER");
        var sourceName = Name(name is null ? null : $"{topic}-source", "KSTREAM-SOURCE");
        RepartitionTopics.Add(new(topic, partitions));
        var filter = Add(new ProcessorNode<TKey, TValue, TKey, TValue>(filterName, static () => new DropNullKeys<TKey, TValue>()), from);
        var sink = Add(new SinkNode<TKey, TValue>(sinkName, topic, null, new() { KeySerde = keySerde, ValueSerde = valueSerde }, isRepartition: true), filter);
        var source = Add(new SourceNode<TKey, TValue>(sourceName, [topic], new() { KeySerde = keySerde, ValueSerde = valueSerde }, isRepartition: true));
        _cuts[source] = sink;
        return source;
    }

    /// <summary>From its sources on, through any number of repartition topics, what reaches a node takes along where it was read.</summary>
    public void KeepPositions(TopologyNode upTo)
    {
        if (_cuts.TryGetValue(upTo, out var sink) && !sink.KeepsPosition)
        {
            sink.KeepsPosition = true;
            KeepPositions((TopologyNode)sink);
        }

        foreach (var parent in upTo.Parents)
            KeepPositions(parent);
    }
}
