using CrashStreams.Aggregations;
using CrashStreams.Operators;

namespace CrashStreams;

/// <summary>A stream grouped by key and window, ready to be aggregated.</summary>
public sealed class TimeWindowedKStream<TKey, TValue>
{
    private readonly KGroupedStream<TKey, TValue> _grouped;
    private readonly Windowing _windowing;

    internal TimeWindowedKStream(KGroupedStream<TKey, TValue> grouped, Windowing windowing)
    {
        _grouped = grouped;
        _windowing = windowing;
    }

    /// <summary>Chooses between every update and one final result per window.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No strategy.</exception>
    public TimeWindowedKStream<TKey, TValue> Emit(EmitStrategy strategy) => Enum.IsDefined(strategy)
        ? new(_grouped, _windowing with { Emit = strategy })
        : throw new ArgumentOutOfRangeException(nameof(strategy), $"{strategy} is no strategy: {string.Join(", ", Enum.GetNames<EmitStrategy>())}.");

    /// <summary>
    /// Hears of each record that misses a window of this aggregation, in the stream thread, before <see cref="TimeOptions.OnLate"/> does. A record
    /// that misses several hopping windows is told for each. An exception is a processing fault of the record.
    /// </summary>
    public TimeWindowedKStream<TKey, TValue> OnLate(Action<LateRecord> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new(_grouped, _windowing with { OnLate = callback });
    }

    /// <summary>
    /// Lets late records correct final results: one that comes within a second, longer grace is not dropped; the window's new result is forwarded once more,
    /// with the header <see cref="Correction.Header"/>. First results stay what they would be without. For Count, Reduce and ready aggregations, and with final results only
    /// (<see cref="EmitStrategy.OnWindowClose"/>, or Suppress right behind), and with <see cref="StreamTime.Watermarks"/>.
    /// </summary>
    /// <param name="grace">How long after its end a window can be corrected, in event time; more than its grace. The store keeps windows for so long.</param>
    public TimeWindowedKStream<TKey, TValue> CorrectedWithin(TimeSpan grace) => new(_grouped, _windowing with { CorrectedWithin = grace });

    /// <summary>Counts the records of each key and window.</summary>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null, string? name = null) =>
        _grouped.WindowedTable(
            "KSTREAM-AGGREGATE", _windowing, materialized, name, null,
            new((TKey _, TValue _, long count) => count + 1) { Initializer = static () => 0L, Merge = static (onTime, late) => onTime + late, IgnoresValues = true });

    /// <summary>Combines the values of each key and window; the first is taken as it is. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TValue> Reduce(Func<TValue, TValue, TValue> reducer, Materialized<TKey, TValue>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        return _grouped.WindowedTable(
            "KSTREAM-REDUCE", _windowing, materialized, name, _grouped.ValueSerde,
            new((TKey _, TValue value, TValue aggregate) => reducer(aggregate, value)) { First = static value => value, Merge = reducer });
    }

    /// <summary>Folds the values of each key and window. A null result removes the window; the next record starts from the initial value.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate<TAggregate>(
        Func<TAggregate> initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        return _grouped.WindowedTable("KSTREAM-AGGREGATE", _windowing, materialized, name, null, new(aggregator) { Initializer = initializer });
    }

    /// <summary>Folds the values of each key and window by a ready aggregation, or one of your own; see <see cref="Aggregations.Aggregate"/> for those that there are. Records without value change nothing.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate<TAggregate>(Aggregation<TValue, TAggregate> aggregation, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(aggregation);
        return _grouped.WindowedTable(
            "KSTREAM-AGGREGATE", _windowing, materialized, name, aggregation.Serde,
            new((TKey _, TValue value, TAggregate aggregate) => aggregation.Take(value, aggregate)) { Initializer = () => aggregation.Empty, Merge = aggregation.Merge });
    }
}
