using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>A table: the latest value of each key, as a stream of updates.</summary>
public sealed class KTable<TKey, TValue>
{
    private readonly BuilderState _builder;
    private readonly TopologyNode<TKey, Change<TValue>> _node;
    private readonly Serde<TKey>? _keySerde;
    private readonly Serde<TValue>? _valueSerde;
    private readonly bool _hasStore;

    internal KTable(BuilderState builder, TopologyNode<TKey, Change<TValue>> node, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, bool hasStore)
    {
        _builder = builder;
        _node = node;
        _keySerde = keySerde;
        _valueSerde = valueSerde;
        _hasStore = hasStore;
    }

    internal long GraceMs { get; init; }

    /// <summary>The window of a key; null when the table is not windowed.</summary>
    internal Func<TKey, Window>? WindowOf { get; init; }

    /// <summary>
    /// Keeps the keys whose value satisfies a predicate; one that stops doing so becomes a tombstone. Behind a windowed aggregation
    /// prefer a filter on the final results: one before <see cref="Suppress"/> hides updates from it, and with the Observed clock
    /// results come late or never.
    /// </summary>
    public KTable<TKey, TValue> Filter(Func<TKey, TValue, bool> predicate, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var sendsNeedless = !_hasStore;
        var node = new ProcessorNode<TKey, Change<TValue>, TKey, Change<TValue>>(
            _builder.Name(name, "KTABLE-FILTER"), () => new TableFilter<TKey, TValue>(predicate, sendsNeedless));
        return new(_builder, _builder.Add(node, _node), _keySerde, _valueSerde, _hasStore) { GraceMs = GraceMs, WindowOf = WindowOf };
    }

    /// <summary>Holds updates back.</summary>
    public KTable<TKey, TValue> Suppress(Suppressed suppressed, string? name = null)
    {
        // A given name uses up no number here, as in Kafka Streams.
        var storeName = name is null ? null : $"{name}-store";
        name ??= _builder.Name(null, "KTABLE-SUPPRESS");
        storeName ??= _builder.Name(null, "KTABLE-SUPPRESS-STATE-STORE");
        if (WindowOf is null)
            _builder.Faults.Add($"'{name}': UntilWindowCloses needs a windowed table. Put WindowedBy before the aggregation.");

        var store = _builder.AddStore(new SuppressStoreDefinition<TKey, TValue>(storeName, _keySerde, _valueSerde));
        var node = new SuppressNode<TKey, TValue>(name, store, WindowOf!, suppressed, GraceMs);
        return new(_builder, _builder.Add(node, _node), _keySerde, _valueSerde, hasStore: true) { GraceMs = GraceMs, WindowOf = WindowOf };
    }

    /// <summary>The updates as a stream; a removed key is a tombstone.</summary>
    public KStream<TKey, TValue> ToStream(string? name = null)
    {
        var node = new ProcessorNode<TKey, Change<TValue>, TKey, TValue>(_builder.Name(name, "KTABLE-TOSTREAM"), static () => new ToStream<TKey, TValue>());
        return new(_builder, _builder.Add(node, _node), _keySerde, _valueSerde, needsRepartition: false);
    }
}
