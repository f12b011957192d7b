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
        materialized ??= new();
        var builder = _grouped.Builder;
        var storeName = materialized.Name ?? builder.Name(null, $"{prefix}-STATE-STORE");
        if (materialized is { Name: null, Logged: true })
            builder.Warnings.Add($"Store '{storeName}' has a generated name: it changes when the topology does, and its state is lost then. Name it by Materialized.");
        var nodeName = builder.Name(name, prefix);
        materialized = materialized with { KeySerde = materialized.KeySerde ?? _grouped.KeySerde ?? Serdes.Find<TKey>(), ValueSerde = materialized.ValueSerde ?? valueSerde ?? Serdes.Find<TAggregate>() };
        var leastRetentionMs = (2 * _windows.DifferenceMs) + _windows.GraceMs;
        if (materialized.Retention is { } retention && retention.TotalMilliseconds < leastRetentionMs)
            builder.Faults.Add($"Store '{storeName}': a retention of {retention} is shorter than twice the difference + grace ({TimeSpan.FromMilliseconds(leastRetentionMs)}).");
#pragma warning disable CS8714 // A null key is dropped before it reaches a store.
        var store = builder.AddStore(new SlidingWindowStoreDefinition<TKey, TAggregate>(
            storeName, materialized.KeySerde, materialized.ValueSerde, _windows.DifferenceMs, Math.Max((long?)materialized.Retention?.TotalMilliseconds ?? 0, leastRetentionMs), materialized.Logged));
#pragma warning restore CS8714
        var source = _grouped.RepartitionIfNeeded(storeName, materialized.Name is not null);
        var node = new SlidingAggregateNode<TKey, TValue, TAggregate>(
            nodeName, store, _windows, fold, _emit == EmitStrategy.OnWindowClose, _onLate, _grouped.KeySerde ?? Serdes.Find<TKey>(), _grouped.ValueSerde ?? Serdes.Find<TValue>());
        return new(builder, builder.Add(node, source), new(
            materialized.KeySerde is null ? null : new TimeWindowedSerde<TKey>(materialized.KeySerde, _windows.DifferenceMs), materialized.ValueSerde)
        {
            GraceMs = _windows.GraceMs,
            WindowOf = static key => key.Window,
        });
    }
}
