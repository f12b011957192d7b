using CrashStreams.Aggregations;
using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>A stream grouped by key and sliding window, ready to be aggregated. Records without value are dropped, counted.</summary>
public sealed class SlidingWindowedKStream<TKey, TValue>
{
    private readonly KGroupedStream<TKey, TValue> _grouped;
    private readonly SlidingWindows _windows;
    private readonly EmitStrategy _emit;
    private readonly Action<LateRecord>? _onLate;

    internal SlidingWindowedKStream(KGroupedStream<TKey, TValue> grouped, SlidingWindows windows, EmitStrategy emit = EmitStrategy.OnWindowUpdate, Action<LateRecord>? onLate = null)
    {
        _grouped = grouped;
        _windows = windows;
        _emit = emit;
        _onLate = onLate;
    }

    /// <summary>Chooses between every update and one final result per window.</summary>
    public SlidingWindowedKStream<TKey, TValue> Emit(EmitStrategy strategy) => new(_grouped, _windows, strategy, _onLate);

    /// <summary>Called for each record that comes too late for a window, once per window, in the stream thread, before the application's own callback.</summary>
    public SlidingWindowedKStream<TKey, TValue> OnLate(Action<LateRecord> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new(_grouped, _windows, _emit, callback);
    }

    /// <summary>Counts the records of each key and window.</summary>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null, string? name = null) =>
        Table("KSTREAM-AGGREGATE", materialized, name, null, new((TKey _, TValue _, long count) => count + 1) { Initializer = static () => 0L });

    /// <summary>Combines the values of each key and window; the first is taken as it is. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TValue> Reduce(Func<TValue, TValue, TValue> reducer, Materialized<TKey, TValue>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        return Table("KSTREAM-REDUCE", materialized, name, _grouped.ValueSerde, new((TKey _, TValue value, TValue aggregate) => reducer(aggregate, value)) { First = static value => value });
    }

    /// <summary>Folds the values of each key and window. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate<TAggregate>(
        Func<TAggregate> initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        return Table("KSTREAM-AGGREGATE", materialized, name, null, new WindowFold<TKey, TValue, TAggregate>(aggregator) { Initializer = initializer });
    }

    /// <summary>Folds the values of each key and window by a ready aggregation, or one of your own; see <see cref="Aggregations.Aggregate"/> for those that there are. Records without value change nothing.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate<TAggregate>(Aggregation<TValue, TAggregate> aggregation, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(aggregation);
        return Table("KSTREAM-AGGREGATE", materialized, name, aggregation.Serde, new WindowFold<TKey, TValue, TAggregate>((_, value, aggregate) => aggregation.Take(value, aggregate)) { Initializer = () => aggregation.Empty });
    }

    private KTable<Windowed<TKey>, TAggregate> Table<TAggregate>(
        string prefix, Materialized<TKey, TAggregate>? materialized, string? name, Serde<TAggregate>? valueSerde, WindowFold<TKey, TValue, TAggregate> fold)
    {
        var (builder, windows, onlyFinal, onLate) = (_grouped.Builder, _windows, _emit == EmitStrategy.OnWindowClose, _onLate);
        var plan = _grouped.Plan(prefix, materialized, valueSerde);
        var nodeName = builder.Name(name, prefix);
        var store = plan.Sliding(windows);
        var source = _grouped.RepartitionIfNeeded(plan.Name, plan.IsNameGiven);
        var node = new KeyWindowAggregateNode<TKey, TValue, TAggregate>(
            nodeName, store, _grouped.InOrder(nodeName, source), windows.SpanMs + windows.DifferenceMs + 1,
            () => new SlidingAggregate<TKey, TValue, TAggregate>(store.Name, windows, fold, onlyFinal, onLate));
        return WindowedTables.Of(builder, builder.Add(node, source), plan, windows);
    }
}
