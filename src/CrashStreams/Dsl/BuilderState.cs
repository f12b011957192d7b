using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>The graph under construction, and the names in it: Kafka Streams' own, so that its topics and stores can be taken over.</summary>
/// <param name="rewrites">How it may be simplified.</param>
internal sealed class BuilderState(TopologyRewrites rewrites)
{
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _storeNames = [];
    private readonly Dictionary<TopologyNode, ISinkNode> _cuts = [];
    private int _index;

    public List<TopologyNode> Nodes { get; } = [];

    /// <summary>Whether the topology may be simplified so.</summary>
    public bool Does(TopologyRewrites rewrite) => rewrites.HasFlag(rewrite);

    public List<RepartitionTopic> RepartitionTopics { get; } = [];

    /// <summary>Those that processors may use by their names.</summary>
    public Dictionary<string, StoreDefinition> Stores { get; } = [];

    public List<string> Faults { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Whether there is a topology of it already, which would change with it.</summary>
    public bool IsBuilt { get; set; }

    /// <summary>A name as given, or generated. A given one uses up a number too: names after it don't change when it is given or taken away.</summary>
    public string Name(string? given, string prefix)
    {
        CheckNotBuilt();
        if (given is not null && string.IsNullOrWhiteSpace(given))
            Faults.Add($"A node ({prefix}) has a blank name: give it another, or leave the name out.");
        var generated = $"{prefix}-{_index++:D10}";
        return given ?? generated;
    }

    private void CheckNotBuilt()
    {
        if (IsBuilt)
            throw new InvalidOperationException("The topology was built: what is declared afterwards would not be in it. Declare everything before Build.");
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
        ArgumentNullException.ThrowIfNull(store.Name, "name");
        Stores.TryAdd(store.Name, store);
        return AddHiddenStore(store);
    }

    /// <summary>Adds a store that is its operator's alone: what waits there is not for processors.</summary>
    public TStore AddHiddenStore<TStore>(TStore store)
        where TStore : StoreDefinition
    {
        CheckNotBuilt();
        if (!_storeNames.Add(store.Name))
            Faults.Add($"Two stores are named '{store.Name}'. Give one another name.");
        TopicName.Check(store.Name, $"Store '{store.Name}', whose changelog is named after it", Faults);
        return store;
    }

    /// <summary>The input of an operator that looks at the order of event time; what reaches it takes along where it was read.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="keySerde">For the records that wait.</param>
    /// <param name="valueSerde">The same.</param>
    public InOrder<TKey, TValue> InOrder<TKey, TValue>(string node, TopologyNode source, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    {
        var input = new InOrder<TKey, TValue>(node, keySerde, valueSerde);
        AddHiddenStore(input.Store);
        KeepPositions(source);
        return input;
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
        if (partitions < 1)
            Faults.Add($"Repartition topic '{topic}': {partitions} partitions; choose at least 1, or leave the number out for that of the widest input.");
        RepartitionTopics.Add(new(topic, partitions));
        var filter = Add(new ProcessorNode<TKey, TValue, TKey, TValue>(filterName, static () => new DropNullKeys<TKey, TValue>()), from);
        var sink = Add(new SinkNode<TKey, TValue>(sinkName, topic, null, new() { KeySerde = keySerde, ValueSerde = valueSerde }, isRepartition: true), filter);
        var source = Add(new SourceNode<TKey, TValue>(sourceName, [topic], new() { KeySerde = keySerde, ValueSerde = valueSerde }, isRepartition: true));
        _cuts[source] = sink;
        return source;
    }

    /// <summary>Cuts the graph of a foreign-key join: a sink and a source around a topic that has as many partitions as the inputs of a node.</summary>
    /// <param name="topic">The topic: subscriptions, or the answers that come back.</param>
    /// <param name="sinkName">The sink's name.</param>
    /// <param name="sourceName">The source's name.</param>
    /// <param name="produced">How the sink writes, and the source reads.</param>
    /// <param name="areAnswers">Whether they are the answers.</param>
    /// <param name="asWideAs">The node that they are read together with.</param>
    /// <param name="from">What gives them.</param>
    public SourceNode<TKey, TValue> Loop<TKey, TValue>(
        string topic, string sinkName, string sourceName, Produced<TKey, TValue> produced, bool areAnswers, TopologyNode asWideAs, params ReadOnlySpan<TopologyNode> from)
    {
        RepartitionTopics.Add(new(topic, null) { AsWideAs = asWideAs });
        var sink = Add(new SinkNode<TKey, TValue>(sinkName, topic, null, produced, isRepartition: true) { IsInLoop = true }, from);
        var source = Add(new SourceNode<TKey, TValue>(sourceName, [topic], new() { KeySerde = produced.KeySerde, ValueSerde = produced.ValueSerde }, isRepartition: true)
        {
            MayHoldClock = areAnswers, HoldsClock = areAnswers,
        });
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

    /// <summary>A repartition topic for the updates of a grouped table, which have a key always.</summary>
    public SourceNode<TKey, Change<TValue>> RepartitionChanges<TKey, TValue>(
        TopologyNode<TKey, Change<TValue>> from, string topic, Serde<TKey>? keySerde, Serde<Change<TValue>>? changeSerde)
    {
        var sinkName = Name(null, "KSTREAM-SINK");
        var sourceName = Name(null, "KSTREAM-SOURCE");
        RepartitionTopics.Add(new(topic, null));
        Add(new SinkNode<TKey, Change<TValue>>(sinkName, topic, null, new() { KeySerde = keySerde, ValueSerde = changeSerde }, isRepartition: true), from);
        return Add(new SourceNode<TKey, Change<TValue>>(sourceName, [topic], new() { KeySerde = keySerde, ValueSerde = changeSerde }, isRepartition: true));
    }

    public void CheckSameBuilder(BuilderState other, string node)
    {
        if (other != this)
            Faults.Add($"'{node}' takes its inputs from two builders. Declare all that belongs together with one StreamsBuilder.");
    }

#pragma warning disable CS8714 // A null key is dropped before it reaches a store.
    /// <summary>The store of a table.</summary>
    public static KeyValueStoreDefinition<TKey, TValue> TableStore<TKey, TValue>(string name, Materialized<TKey, TValue> materialized) =>
        new(name, materialized.KeySerde ?? Serdes.Find<TKey>(), materialized.ValueSerde ?? Serdes.Find<TValue>(), isTimestamped: true, materialized.Logged);
#pragma warning restore CS8714

    /// <summary>A table of the records of a stream, kept in a store where it has a name or somebody reads it.</summary>
    public KTable<TKey, TValue> Table<TKey, TValue>(TopologyNode<TKey, TValue> from, string name, string storeName, Materialized<TKey, TValue> materialized)
    {
        if (materialized.HistoryRetention is { } history)
            return VersionedTable(from, name, storeName, materialized, history);
        var stores = new List<StoreDefinition>();
        var store = TableStore(storeName, materialized);
        if (materialized.Name is not null)
            Keep();
        var node = Add(new ProcessorNode<TKey, TValue, TKey, Change<TValue>>(name, () => new TableSource<TKey, TValue>(stores.Count > 0 ? storeName : null), stores)
        {
            Behind = UpdateCache.Of<TKey, TValue>(this, materialized.CachedUpdates, materialized.KeySerde ?? Serdes.Find<TKey>(), name),
        }, from);
        return new(this, node, new(materialized.KeySerde, materialized.ValueSerde) { KeepRows = Keep, KnowsBefore = () => stores.Count > 0, View = () => TableView<TKey, TValue>.Of(store) });

        void Keep()
        {
            if (stores.Count > 0)
                return;
            if (materialized.Name is null)
                WarnOfGenerated(storeName);
            stores.Add(AddStore(store));
        }
    }

#pragma warning disable CS8714 // A null key is dropped before it reaches a store.
    private KTable<TKey, TValue> VersionedTable<TKey, TValue>(
        TopologyNode<TKey, TValue> from, string name, string storeName, Materialized<TKey, TValue> materialized, TimeSpan history)
    {
        if (materialized.Name is null)
            WarnOfGenerated(storeName);
        // Of one topic a key's updates are in one partition, in their order.
        var mayTie = from is not ISourceNode { IsRepartition: false, Topics.Count: 1 };
        if (mayTie)
            KeepPositions(from);
        var store = AddStore(new VersionedStoreDefinition<TKey, TValue>(
            storeName, materialized.KeySerde ?? Serdes.Find<TKey>(), materialized.ValueSerde ?? Serdes.Find<TValue>(), (long)history.TotalMilliseconds, materialized.Logged));
        var node = Add(new ProcessorNode<TKey, TValue, TKey, Change<TValue>>(name, () => new VersionedTableSource<TKey, TValue>(storeName, mayTie), [store]), from);
        return new(this, node, new(materialized.KeySerde, materialized.ValueSerde)
        {
            HistoryMs = (long)history.TotalMilliseconds,
            View = () => new([store], task => new VersionedReader<TKey, TValue>(task.Store<CrashStreams.Stores.VersionedStore<TKey, TValue>>(storeName))),
        });
    }
#pragma warning restore CS8714

    public void WarnOfGenerated(string storeName) =>
        Warnings.Add($"Store '{storeName}' has a generated name: it changes when the topology does, and its state is lost then. Name it by Materialized.");
}
