using CrashStreams.Aggregations;
using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>A stream grouped by key, ready to be aggregated.</summary>
public sealed class KGroupedStream<TKey, TValue>
{
    private readonly BuilderState _builder;
    private readonly TopologyNode<TKey, TValue> _node;
    private readonly Serde<TKey>? _keySerde;
    private readonly Serde<TValue>? _valueSerde;
    private readonly string? _name;
    private readonly bool _needsRepartition;
    private TopologyNode<TKey, TValue>? _repartitioned;

    internal KGroupedStream(
        BuilderState builder, TopologyNode<TKey, TValue> node, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, string? name, bool needsRepartition)
    {
        _builder = builder;
        _node = node;
        _keySerde = keySerde;
        _valueSerde = valueSerde;
        _name = name;
        _needsRepartition = needsRepartition;
    }

    /// <summary>Aggregates per window of time.</summary>
    public TimeWindowedKStream<TKey, TValue> WindowedBy(TimeWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, new(windows, EmitStrategy.OnWindowUpdate, OnLate: null, CorrectedWithin: null));
    }

    /// <summary>Aggregates per day, week or month of a time zone's calendar.</summary>
    public TimeWindowedKStream<TKey, TValue> WindowedBy(CalendarWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, new(windows, EmitStrategy.OnWindowUpdate, OnLate: null, CorrectedWithin: null));
    }

    /// <summary>Aggregates in sliding windows: records together whose times differ by at most a difference.</summary>
    public SlidingWindowedKStream<TKey, TValue> WindowedBy(SlidingWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, windows);
    }

    /// <summary>Aggregates per session: records that follow each other within a gap.</summary>
    public SessionWindowedKStream<TKey, TValue> WindowedBy(SessionWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new(this, windows);
    }

    /// <summary>Aggregates over the whole of time from a start on: one window per key, which never closes.</summary>
    public TimeWindowedKStream<TKey, TValue> WindowedBy(UnlimitedWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return WindowedBy(windows.AsTimeWindows);
    }

    /// <summary>Begins an aggregation over several streams with the same key; add the others by <see cref="CogroupedKStream{TKey, TAggregate}.Cogroup"/>.</summary>
    public CogroupedKStream<TKey, TAggregate> Cogroup<TAggregate>(Func<TKey, TValue, TAggregate, TAggregate> aggregator)
    {
        ArgumentNullException.ThrowIfNull(aggregator);
        return new([new CogroupInput<TKey, TValue, TAggregate>(this, aggregator)]);
    }

    /// <summary>Counts the records of each key; records without key or value are dropped, counted.</summary>
    public KTable<TKey, long> Count(Materialized<TKey, long>? materialized = null, string? name = null) =>
        Aggregate(static () => 0L, static (_, _, count) => count + 1, materialized, name);

    /// <summary>Combines the values of each key; the first is taken as it is. A null result removes the key.</summary>
    public KTable<TKey, TValue> Reduce(Func<TValue, TValue, TValue> reducer, Materialized<TKey, TValue>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        return Table("KSTREAM-REDUCE", materialized, name, _valueSerde, null, (_, value, aggregate) => reducer(aggregate, value), static value => value);
    }

    /// <summary>Folds the values of each key. A null result removes the key; the next record starts from the initial value.</summary>
    public KTable<TKey, TAggregate> Aggregate<TAggregate>(
        Func<TAggregate> initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        return Table("KSTREAM-AGGREGATE", materialized, name, null, initializer, aggregator, null);
    }

    /// <summary>Folds the values of each key by a ready aggregation, or one of your own; see <see cref="Aggregations.Aggregate"/> for those that there are. Records without value change nothing.</summary>
    public KTable<TKey, TAggregate> Aggregate<TAggregate>(Aggregation<TValue, TAggregate> aggregation, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(aggregation);
        return Table("KSTREAM-AGGREGATE", materialized, name, aggregation.Serde, () => aggregation.Empty, (_, value, aggregate) => aggregation.Take(value, aggregate), null);
    }

    // The order in which names are drawn is Kafka Streams': store, operator, then the repartition's nodes.
    private KTable<TKey, TAggregate> Table<TAggregate>(
        string prefix, Materialized<TKey, TAggregate>? materialized, string? name, Serde<TAggregate>? serde, Func<TAggregate>? initializer,
        Func<TKey, TValue, TAggregate, TAggregate> aggregator, Func<TValue, TAggregate>? first)
    {
        var plan = Plan(prefix, materialized, serde);
        var nodeName = _builder.Name(name, prefix);
        var store = plan.KeyValue();
        var source = RepartitionIfNeeded(plan.Name, plan.IsNameGiven);
        var node = new ProcessorNode<TKey, TValue, TKey, Change<TAggregate>>(
            nodeName, () => new StreamAggregate<TKey, TValue, TAggregate>(plan.Name, initializer, aggregator, first), [store])
        {
            Behind = UpdateCache.Of<TKey, TAggregate>(_builder, plan.CachedUpdates, plan.KeySerde, nodeName),
        };
        return new(_builder, _builder.Add(node, source), new(plan.KeySerde, plan.ValueSerde) { View = () => TableView<TKey, TAggregate>.Of(store) });
    }

    internal KTable<Windowed<TKey>, TAggregate> WindowedTable<TAggregate>(
        string prefix, Windowing windowing, Materialized<TKey, TAggregate>? materialized, string? name, Serde<TAggregate>? serde,
        WindowFold<TKey, TValue, TAggregate> fold)
    {
        var plan = Plan(prefix, materialized, serde);
        var nodeName = _builder.Name(name, prefix);
        var store = plan.Windows(windowing);
        var corrections = windowing.CorrectedWithin is null ? null : Corrections(windowing, plan, fold.Merge is not null);
        var source = RepartitionIfNeeded(plan.Name, plan.IsNameGiven);
        var node = new WindowAggregateNode<TKey, TValue, TAggregate>(nodeName, store, corrections, windowing, fold)
        {
            Cache = UpdateCache.Of<Windowed<TKey>, TAggregate>(_builder, plan.CachedUpdates, WindowedTables.SerdeOf(plan.KeySerde, windowing.Windows), nodeName),
        };
        return WindowedTables.Of(_builder, _builder.Add(node, source), plan, store, windowing.Windows);
    }

    private StoreDefinition Corrections<TAggregate>(Windowing windowing, StorePlan<TKey, TAggregate> plan, bool canMerge)
    {
        if (windowing.Windows.IsEndless)
            _builder.Faults.Add($"'{plan.Name}' can't be corrected: its windows never end.");
        else if (windowing.FinalSpanMs <= windowing.SpanMs)
            _builder.Faults.Add($"'{plan.Name}' is corrected within {windowing.CorrectedWithin}: choose more than its grace of {TimeSpan.FromMilliseconds(windowing.Windows.GraceMs)}.");
        if (!canMerge)
            _builder.Faults.Add($"'{plan.Name}' can't be corrected: how two aggregates become one is known of Count, Reduce and ready aggregations only.");
        return plan.Corrections(windowing);
    }

    internal Serde<TValue>? ValueSerde => _valueSerde;

    internal Serde<TKey>? KeySerde => _keySerde;

    internal BuilderState Builder => _builder;

    internal StorePlan<TKey, TAggregate> Plan<TAggregate>(string prefix, Materialized<TKey, TAggregate>? materialized, Serde<TAggregate>? serde) =>
        new(_builder, prefix, materialized, _keySerde, serde);

    /// <summary>The grouped records in the order of event time, for an operator that looks at it.</summary>
    internal InOrder<TKey, TValue> InOrder(string node, TopologyNode source) =>
        _builder.InOrder(node, source, _keySerde ?? Serdes.Find<TKey>(), _valueSerde ?? Serdes.Find<TValue>());

    internal TopologyNode<TKey, TValue> RepartitionIfNeeded(string storeName, bool isNameGiven)
    {
        if (!_needsRepartition)
            return _node;
        var isShared = _name is not null || _builder.Does(TopologyRewrites.SharedRepartitionTopics);
        return isShared ? _repartitioned ??= Repartition() : Repartition();

        TopologyNode<TKey, TValue> Repartition() => _builder.Repartition(_node, _name ?? (isNameGiven ? storeName : null), storeName, _keySerde, _valueSerde, null);
    }
}
