using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>Where a topology begins: declare streams and stores, then <see cref="Build"/>.</summary>
public sealed class StreamsBuilder
{
    private readonly BuilderState _state;

    /// <summary>An empty topology.</summary>
    /// <param name="rewrites">How it may be simplified when it is built.</param>
    public StreamsBuilder(TopologyRewrites rewrites = TopologyRewrites.SharedRepartitionTopics) => _state = new(rewrites);

    /// <summary>A stream of the records of a topic.</summary>
    public KStream<TKey, TValue> Stream<TKey, TValue>(string topic, Consumed<TKey, TValue>? consumed = null) => Stream([topic], consumed);

    /// <summary>A stream of the records of several topics, which must have the same number of partitions where keys are to meet.</summary>
    public KStream<TKey, TValue> Stream<TKey, TValue>(IReadOnlyList<string> topics, Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        consumed ??= new();
        var name = _state.Name(consumed.Name, "KSTREAM-SOURCE");
        topics = [.. topics];
        if (topics.Count == 0)
            _state.Faults.Add($"Source '{name}': a topic's name is missing.");
        var node = _state.Add(new SourceNode<TKey, TValue>(name, topics, consumed, isRepartition: false));
        return new(_state, node, consumed.KeySerde, consumed.ValueSerde, needsRepartition: false);
    }

    /// <summary>
    /// A table of the records of a topic: the last value of each key by offset, a record without value removes the key. The topic should be compacted: what it forgets by time
    /// is not removed from the table.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="consumed">Serdes, event time and the node's name.</param>
    /// <param name="materialized">Keeps the rows in a store of this name. Without one they are kept, under a generated name, only where another operator needs them.</param>
    public KTable<TKey, TValue> Table<TKey, TValue>(string topic, Consumed<TKey, TValue>? consumed = null, Materialized<TKey, TValue>? materialized = null)
    {
        consumed ??= new();
        materialized ??= new();
        materialized = materialized with { KeySerde = materialized.KeySerde ?? consumed.KeySerde, ValueSerde = materialized.ValueSerde ?? consumed.ValueSerde };
        consumed = consumed with { KeySerde = materialized.KeySerde, ValueSerde = materialized.ValueSerde };
        // Names are drawn in Kafka Streams' order.
        var storeName = materialized.Name ?? _state.Name(null, $"{topic}-STATE-STORE");
        var sourceName = _state.Name(consumed.Name, "KSTREAM-SOURCE");
        var tableName = _state.Name(consumed.Name is null ? null : $"{consumed.Name}-table", "KTABLE-SOURCE");
        if (string.IsNullOrWhiteSpace(topic))
            _state.Faults.Add($"Source '{sourceName}': a topic's name is missing.");
        var source = _state.Add(new SourceNode<TKey, TValue>(sourceName, [topic], consumed, isRepartition: false));
        return _state.Table(source, tableName, storeName, materialized);
    }

    /// <summary>A table that every thread of every instance has whole; see <see cref="GlobalKTable{TKey, TValue}"/>.</summary>
    /// <param name="topic">The topic; compacted, as a rule.</param>
    /// <param name="consumed">Serdes and the node's name.</param>
    /// <param name="materialized">Names the store.</param>
    public GlobalKTable<TKey, TValue> GlobalTable<TKey, TValue>(string topic, Consumed<TKey, TValue>? consumed = null, Materialized<TKey, TValue>? materialized = null)
        where TKey : notnull
    {
        consumed ??= new();
        materialized ??= new();
        consumed = consumed with { KeySerde = materialized.KeySerde ?? consumed.KeySerde, ValueSerde = materialized.ValueSerde ?? consumed.ValueSerde };
        var storeName = materialized.Name ?? _state.Name(null, $"{topic}-STATE-STORE");
        var sourceName = _state.Name(consumed.Name, "KSTREAM-SOURCE");
        var tableName = _state.Name(consumed.Name is null ? null : $"{consumed.Name}-table", "KTABLE-SOURCE");
        var store = _state.AddStore(new KeyValueStoreDefinition<TKey, TValue>(storeName, consumed.KeySerde, consumed.ValueSerde, isTimestamped: true, isLogged: false));
        _state.Add(new GlobalTableNode<TKey, TValue>(sourceName, tableName, topic, consumed, store));
        return new(_state, storeName);
    }

    /// <summary>Adds a key-value store for processors to use by its name.</summary>
    public StreamsBuilder AddKeyValueStore<TKey, TValue>(string name, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null, bool logged = true)
        where TKey : notnull
    {
        _state.AddStore(new KeyValueStoreDefinition<TKey, TValue>(name, keySerde ?? Serdes.Find<TKey>(), valueSerde ?? Serdes.Find<TValue>(), isTimestamped: false, logged));
        return this;
    }

    /// <summary>Adds a window store for processors to use by its name.</summary>
    /// <param name="name">The store's name, and its changelog's.</param>
    /// <param name="windowSize">What a window's end is calculated from.</param>
    /// <param name="retention">How long windows are kept after their start, in event time; at least the window size.</param>
    /// <param name="keySerde">By default the library's serde for the type.</param>
    /// <param name="valueSerde">By default the library's serde for the type.</param>
    /// <param name="logged">Whether a changelog topic makes it survive its instance.</param>
    public StreamsBuilder AddWindowStore<TKey, TValue>(
        string name, TimeSpan windowSize, TimeSpan retention, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null, bool logged = true)
        where TKey : notnull
    {
        _state.AddStore(new WindowStoreDefinition<TKey, TValue>(
            name, keySerde ?? Serdes.Find<TKey>(), valueSerde ?? Serdes.Find<TValue>(), new WindowLength((long)windowSize.TotalMilliseconds), (long)windowSize.TotalMilliseconds, (long)retention.TotalMilliseconds, logged));
        return this;
    }

    /// <summary>Adds a session store for processors to use by its name.</summary>
    /// <param name="name">The store's name, and its changelog's.</param>
    /// <param name="retention">How long sessions are kept after their end, in event time.</param>
    /// <param name="keySerde">By default the library's serde for the type.</param>
    /// <param name="valueSerde">By default the library's serde for the type.</param>
    /// <param name="logged">Whether a changelog topic makes it survive its instance.</param>
    public StreamsBuilder AddSessionStore<TKey, TValue>(
        string name, TimeSpan retention, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null, bool logged = true)
        where TKey : notnull
    {
        _state.AddStore(new SessionStoreDefinition<TKey, TValue>(
            name, keySerde ?? Serdes.Find<TKey>(), valueSerde ?? Serdes.Find<TValue>(), (long)retention.TotalMilliseconds, logged));
        return this;
    }

    /// <summary>Adds a versioned store for processors to use by its name.</summary>
    /// <param name="name">The store's name, and its changelog's.</param>
    /// <param name="history">How far back earlier values can be asked for, in event time.</param>
    /// <param name="keySerde">By default the library's serde for the type.</param>
    /// <param name="valueSerde">By default the library's serde for the type.</param>
    /// <param name="logged">Whether a changelog topic makes it survive its instance.</param>
    public StreamsBuilder AddVersionedStore<TKey, TValue>(
        string name, TimeSpan history, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null, bool logged = true)
        where TKey : notnull
    {
        _state.AddStore(new VersionedStoreDefinition<TKey, TValue>(
            name, keySerde ?? Serdes.Find<TKey>(), valueSerde ?? Serdes.Find<TValue>(), (long)history.TotalMilliseconds, logged));
        return this;
    }

    /// <summary>Checks everything that was declared and makes the topology.</summary>
    /// <exception cref="TopologyException">Something is wrong; the message lists every fault.</exception>
    public Topology Build()
    {
        var faults = new List<string>(_state.Faults);
        foreach (var node in _state.Nodes)
            node.Validate(faults);
        if (!_state.Nodes.OfType<ISourceNode>().Any())
            faults.Add("The topology reads no topic. Begin with StreamsBuilder.Stream.");
        var read = _state.Nodes.OfType<ISourceNode>().SelectMany(s => s.Topics).Concat(_state.Nodes.OfType<IGlobalTableNode>().Select(t => t.Topic)).ToList();
        foreach (var topic in read.GroupBy(t => t).Where(g => g.Key is not null && g.Count() > 1))
            faults.Add($"Topic '{topic.Key}' is read by {topic.Count()} sources. Read it once and use the stream several times.");
        faults = [.. faults.Distinct()];
        if (faults.Count > 0)
            throw new TopologyException($"The topology has {faults.Count} fault(s):{string.Concat(faults.Select(f => $"\n - {f}"))}");
        _state.IsBuilt = true;
        return new(_state.Nodes.ToList(), _state.RepartitionTopics.ToList(), [.. _state.Warnings, .. UnusedStores(), .. Loops(read)]);
    }

    private IEnumerable<string> UnusedStores()
    {
        var used = _state.Nodes.SelectMany(n => n.Stores).Concat(_state.Nodes.OfType<IGlobalTableNode>().Select(t => t.Store)).ToHashSet();
        return _state.Stores.Values.Where(store => !used.Contains(store))
            .Select(store => $"Store '{store.Name}' is used by no processor: it is not created. Pass its name to Process or ProcessValues.");
    }

    private IEnumerable<string> Loops(List<string> read) => _state.Nodes.OfType<ISinkNode>().Where(sink => !sink.IsRepartition && read.Contains(sink.Topic!))
        .Select(sink => $"Topic '{sink.Topic}' is read, and written by '{sink.Name}': its records come back as input. Without an operator that ends that they go round for ever.");
}
