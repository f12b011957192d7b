using CrashStreams.Runtime;

namespace CrashStreams;

/// <summary>A stream grouped by key and window, ready to be aggregated.</summary>
public sealed class TimeWindowedKStream<TKey, TValue>
{
    private readonly KGroupedStream<TKey, TValue> _grouped;
    private readonly TimeWindows _windows;
    private readonly EmitStrategy _emit;
    private readonly Action<LateRecord>? _onLate;

    internal TimeWindowedKStream(KGroupedStream<TKey, TValue> grouped, TimeWindows windows, EmitStrategy emit, Action<LateRecord>? onLate)
    {
        _onLate = onLate;
        _grouped = grouped;
        _windows = windows;
        _emit = emit;
    }

    /// <summary>Chooses between every update and one final result per window.</summary>
    public TimeWindowedKStream<TKey, TValue> Emit(EmitStrategy strategy) => new(_grouped, _windows, strategy, _onLate);

    /// <summary>
    /// Hears of each record that misses a window of this aggregation, in the stream thread, before <see cref="StreamsOptions.OnLate"/> does. A record
    /// that misses several hopping windows is told for each. An exception is a processing fault of the record.
    /// </summary>
    public TimeWindowedKStream<TKey, TValue> OnLate(Action<LateRecord> callback) => new(_grouped, _windows, _emit, callback);

    /// <summary>Counts the records of each key and window.</summary>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null, string? name = null) =>
        Aggregate(static () => 0L, static (_, _, count) => count + 1, materialized, name);

    /// <summary>Combines the values of each key and window; the first is taken as it is. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TValue> Reduce(Func<TValue, TValue, TValue> reducer, Materialized<TKey, TValue>? materialized = null, string? name = null) =>
        _grouped.WindowedTable(
            "KSTREAM-REDUCE", _windows, _emit, materialized, name, _grouped.ValueSerde, null, (_, value, aggregate) => reducer(aggregate, value), static value => value, _onLate);

    /// <summary>Folds the values of each key and window. A null result removes the window; the next record starts from the initial value.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate<TAggregate>(
        Func<TAggregate> initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Materialized<TKey, TAggregate>? materialized = null, string? name = null) =>
        _grouped.WindowedTable("KSTREAM-AGGREGATE", _windows, _emit, materialized, name, null, initializer, aggregator, null, _onLate);
}
