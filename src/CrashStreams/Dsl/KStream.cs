using CrashStreams.Operators;
using CrashStreams.Plan;
using CrashStreams.Processing;

namespace CrashStreams;

/// <summary>
/// A stream of records. Each operator gives a new stream; a stream may be used several times. Operators that may change the key make a later
/// grouping repartition. Names are optional and Kafka Streams' by default.
/// </summary>
public sealed partial class KStream<TKey, TValue>
{
    private readonly BuilderState _builder;
    private readonly TopologyNode<TKey, TValue> _node;
    private readonly Serde<TKey>? _keySerde;
    private readonly Serde<TValue>? _valueSerde;
    private readonly bool _needsRepartition;

    internal KStream(BuilderState builder, TopologyNode<TKey, TValue> node, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, bool needsRepartition)
    {
        _builder = builder;
        _node = node;
        _keySerde = keySerde;
        _valueSerde = valueSerde;
        _needsRepartition = needsRepartition;
    }

    /// <summary>Keeps the records that satisfy a predicate.</summary>
    public KStream<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return SameKey("KSTREAM-FILTER", name, () => new Filter<TKey, TValue>(predicate), _valueSerde);
    }

    /// <summary>Keeps the records that do not satisfy a predicate.</summary>
    public KStream<TKey, TValue> FilterNot(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return SameKey("KSTREAM-FILTER", name, () => new Filter<TKey, TValue>((key, value) => !predicate(key, value)), _valueSerde);
    }

    /// <summary>Makes another key and value of each record.</summary>
    public KStream<TNewKey, TNewValue> Map<TNewKey, TNewValue>(Func<TKey, TValue, (TNewKey Key, TNewValue Value)> map, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return NewKey("KSTREAM-MAP", name, () => new Map<TKey, TValue, TNewKey, TNewValue>(map), Serdes.Find<TNewKey>(), Serdes.Find<TNewValue>());
    }

    /// <summary>Makes another value of each record; the key stays.</summary>
    public KStream<TKey, TNewValue> MapValues<TNewValue>(Func<TValue, TNewValue> map, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return MapValues((_, value) => map(value), name);
    }

    /// <summary>Makes another value of each record; the key stays and may be looked at.</summary>
    public KStream<TKey, TNewValue> MapValues<TNewValue>(Func<TKey, TValue, TNewValue> map, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return SameKey("KSTREAM-MAPVALUES", name, () => new MapValues<TKey, TValue, TNewValue>(map), Serdes.Find<TNewValue>());
    }

    /// <summary>Makes any number of records of each.</summary>
    public KStream<TNewKey, TNewValue> FlatMap<TNewKey, TNewValue>(
        Func<TKey, TValue, IEnumerable<(TNewKey Key, TNewValue Value)>> map, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return NewKey("KSTREAM-FLATMAP", name, () => new FlatMap<TKey, TValue, TNewKey, TNewValue>(map), Serdes.Find<TNewKey>(), Serdes.Find<TNewValue>());
    }

    /// <summary>Makes any number of values of each record's; the key stays.</summary>
    public KStream<TKey, TNewValue> FlatMapValues<TNewValue>(Func<TValue, IEnumerable<TNewValue>> map, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        return SameKey("KSTREAM-FLATMAPVALUES", name, () => new FlatMapValues<TKey, TValue, TNewValue>(map), Serdes.Find<TNewValue>());
    }

    /// <summary>Gives each record another key.</summary>
    public KStream<TNewKey, TValue> SelectKey<TNewKey>(Func<TKey, TValue, TNewKey> selector, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return NewKey("KSTREAM-KEY-SELECT", name, () => new SelectKey<TKey, TValue, TNewKey>(selector), Serdes.Find<TNewKey>(), _valueSerde);
    }

    /// <summary>Looks at each record and lets it pass.</summary>
    public KStream<TKey, TValue> Peek(Action<TKey, TValue> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        return SameKey("KSTREAM-PEEK", name, () => new Peek<TKey, TValue>(action), _valueSerde);
    }

    /// <summary>Does something with each record; the stream ends here.</summary>
    public void ForEach(Action<TKey, TValue> action, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        SameKey("KSTREAM-FOREACH", name, () => new Peek<TKey, TValue>(action), _valueSerde);
    }

    /// <summary>The records of both streams.</summary>
    public KStream<TKey, TValue> Merge(KStream<TKey, TValue> other, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other._builder != _builder)
            throw new TopologyException($"Streams of two builders can't be merged ('{_node.Name}' and '{other._node.Name}'): declare both with the same StreamsBuilder.");
        var node = new ProcessorNode<TKey, TValue, TKey, TValue>(_builder.Name(name, "KSTREAM-MERGE"), static () => new PassThrough<TKey, TValue>());
        return new(_builder, _builder.Add(node, _node, other._node), _keySerde, _valueSerde, _needsRepartition || other._needsRepartition);
    }

    /// <summary>Routes each record to the first branch that takes it.</summary>
    public BranchedKStream<TKey, TValue> Split(string? name = null) =>
        new(_builder, _node, _builder.Name(name, "KSTREAM-BRANCH"), branch => new(_builder, branch, _keySerde, _valueSerde, _needsRepartition));

    /// <summary>Writes the records to a topic of the application's own and reads them back, each at the partition of its key. Records without key are dropped, counted.</summary>
    public KStream<TKey, TValue> Repartition(Repartitioned<TKey, TValue>? repartitioned = null)
    {
        repartitioned ??= new();
        var (keySerde, valueSerde) = (repartitioned.KeySerde ?? _keySerde, repartitioned.ValueSerde ?? _valueSerde);
        var source = _builder.Repartition(_node, repartitioned.Name, repartitioned.Name ?? _builder.Name(null, "KSTREAM-REPARTITION"), keySerde, valueSerde, repartitioned.Partitions);
        return new(_builder, source, keySerde, valueSerde, needsRepartition: false);
    }

    /// <summary>
    /// The records as the updates of a table: the last value of each key, a record without value removes it. Where the key was changed before, the records go through a
    /// repartition topic.
    /// </summary>
    /// <param name="materialized">Keeps the rows in a store of this name. Without one they are kept, under a generated name, only where another operator needs them.</param>
    /// <param name="name">Names the node, and the repartition topic where one is needed.</param>
    public KTable<TKey, TValue> ToTable(Materialized<TKey, TValue>? materialized = null, string? name = null)
    {
        materialized ??= new();
        materialized = materialized with { KeySerde = materialized.KeySerde ?? _keySerde, ValueSerde = materialized.ValueSerde ?? _valueSerde };
        var node = _builder.Name(name, "KSTREAM-TOTABLE");
        var store = materialized.Name ?? _builder.Name(null, "KSTREAM-TOTABLE-STATE-STORE");
        var source = _needsRepartition ? _builder.Repartition(_node, name, node, materialized.KeySerde, materialized.ValueSerde, null) : _node;
        return _builder.Table(source, node, store, materialized);
    }

    /// <summary>Groups by the key.</summary>
    public KGroupedStream<TKey, TValue> GroupByKey(Grouped<TKey, TValue>? grouped = null) =>
        new(_builder, _node, grouped?.KeySerde ?? _keySerde, grouped?.ValueSerde ?? _valueSerde, grouped?.Name, _needsRepartition);

    /// <summary>Groups by another key.</summary>
    public KGroupedStream<TNewKey, TValue> GroupBy<TNewKey>(Func<TKey, TValue, TNewKey> selector, Grouped<TNewKey, TValue>? grouped = null)
    {
        var stream = SelectKey(selector, grouped?.Name);
        return stream.GroupByKey(grouped);
    }

    /// <summary>
    /// Puts the records into the order of event time, whatever the order in which partitions are drained: by the highest time that their source partition had come to, then
    /// their own time, then topic, partition and offset. An operator behind it whose result depends on the order gives what it would give live. A record waits in a
    /// store until the slowest input has passed it. With <see cref="StreamTime.Watermarks"/>; behind a shuffle each record is larger by its source position.
    /// </summary>
    public KStream<TKey, TValue> InEventTimeOrder(string? name = null)
    {
        var nodeName = _builder.Name(name, "KSTREAM-ORDER");
        var store = _builder.AddHiddenStore(new InputOrderDefinition<TKey, TValue>(name is null ? _builder.Name(null, "KSTREAM-ORDER-STATE-STORE") : $"{name}-store", _keySerde, _valueSerde));
        _builder.KeepPositions(_node);
        return new(_builder, _builder.Add(new EventTimeOrderNode<TKey, TValue>(nodeName, store), _node), _keySerde, _valueSerde, _needsRepartition);
    }

    /// <summary>Writes the records to a topic.</summary>
    public void To(string topic, Produced<TKey, TValue>? produced = null) => To(topic, null, produced);

    /// <summary>Writes each record to a topic chosen for it; the topics must exist.</summary>
    public void To(Func<TKey, TValue, string> chooseTopic, Produced<TKey, TValue>? produced = null)
    {
        ArgumentNullException.ThrowIfNull(chooseTopic);
        To(null, chooseTopic, produced);
    }

    /// <summary>Runs a processor of the user's own, one instance per task, with the named stores.</summary>
    public KStream<TNewKey, TNewValue> Process<TNewKey, TNewValue>(
        Func<Processor<TKey, TValue, TNewKey, TNewValue>> create, IReadOnlyList<string>? stores = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        return NewKey("KSTREAM-PROCESSOR", name, create, Serdes.Find<TNewKey>(), Serdes.Find<TNewValue>(), stores);
    }

    /// <summary>Like Process, for a processor that leaves the key as it is, so that nothing has to be repartitioned behind it.</summary>
    public KStream<TKey, TNewValue> ProcessValues<TNewValue>(
        Func<Processor<TKey, TValue, TKey, TNewValue>> create, IReadOnlyList<string>? stores = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        return SameKey("KSTREAM-PROCESSVALUES", name, create, Serdes.Find<TNewValue>(), stores);
    }

    /// <summary>
    /// Makes another value of each record by a call that takes its time (a service, a model), several at once. The key stays. A commit waits for the calls that are under way, so results are as
    /// exact as those of <see cref="MapValues{TNewValue}(Func{TKey, TValue, TNewValue}, string?)"/>; the calls themselves may be repeated after a crash, as may be all of the outside world. A call that
    /// fails or takes too long is a processing fault of its record. For retries let the function use a library such as Polly.
    /// </summary>
    /// <param name="map">Called in the task's thread; what it awaits runs elsewhere. Cancelled when it takes too long, and when the task ends.</param>
    /// <param name="calls">How many at once, how long each, and whether results keep their order per key (by default).</param>
    /// <param name="name">The node's name; generated by default.</param>
    public KStream<TKey, TNewValue> MapAsync<TNewValue>(Func<TKey, TValue, CancellationToken, Task<TNewValue>> map, AsyncCalls? calls = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        calls ??= new();
        var keySerde = _keySerde ?? Serdes.Find<TKey>();
        if (calls.Order == AsyncOrder.PerKey)
            SerdeFault.Check(keySerde, name ?? "MapAsync", "key", _builder.Faults);
        return SameKey("KSTREAM-MAPASYNC", name, () => new MapAsync<TKey, TValue, TNewValue>(map, calls, keySerde), Serdes.Find<TNewValue>());
    }

    private void To(string? topic, Func<TKey, TValue, string>? chooseTopic, Produced<TKey, TValue>? produced)
    {
        produced ??= new();
        produced = produced with
        {
            KeySerde = produced.KeySerde ?? _keySerde ?? Serdes.Find<TKey>(),
            ValueSerde = produced.ValueSerde ?? _valueSerde ?? Serdes.Find<TValue>(),
        };
        _builder.Add(new SinkNode<TKey, TValue>(_builder.Name(produced.Name, "KSTREAM-SINK"), topic, chooseTopic, produced, isRepartition: false), _node);
    }

    private KStream<TKey, TNewValue> SameKey<TNewValue>(
        string prefix, string? name, Func<Processor<TKey, TValue, TKey, TNewValue>> create, Serde<TNewValue>? valueSerde, IReadOnlyList<string>? stores = null) =>
        new(_builder, AddProcessor(prefix, name, create, stores), _keySerde, valueSerde, _needsRepartition);

    private KStream<TNewKey, TNewValue> NewKey<TNewKey, TNewValue>(
        string prefix, string? name, Func<Processor<TKey, TValue, TNewKey, TNewValue>> create, Serde<TNewKey>? keySerde, Serde<TNewValue>? valueSerde, IReadOnlyList<string>? stores = null) =>
        new(_builder, AddProcessor(prefix, name, create, stores), keySerde, valueSerde, needsRepartition: true);

    private ProcessorNode<TKey, TValue, TNewKey, TNewValue> AddProcessor<TNewKey, TNewValue>(
        string prefix, string? name, Func<Processor<TKey, TValue, TNewKey, TNewValue>> create, IReadOnlyList<string>? stores)
    {
        name = _builder.Name(name, prefix);
        var definitions = new List<StoreDefinition>();
        foreach (var store in stores ?? [])
        {
            if (store is null)
                _builder.Faults.Add($"Processor '{name}': the name of a store is missing.");
            else if (_builder.Stores.TryGetValue(store, out var definition))
                definitions.Add(definition);
            else
                _builder.Faults.Add($"Processor '{name}' uses a store '{store}' that was not added. Add it to the builder first (AddKeyValueStore, AddWindowStore, AddSessionStore or AddVersionedStore).");
        }

        return _builder.Add(new ProcessorNode<TKey, TValue, TNewKey, TNewValue>(name, create, definitions), _node);
    }
}
