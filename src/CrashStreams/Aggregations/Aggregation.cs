namespace CrashStreams.Aggregations;

/// <summary>
/// How values become one, ready made or your own: for <c>Aggregate</c> of grouped streams, plain or per window. Since two aggregates can become one, sessions can be merged and final results
/// corrected by late records. Aggregates must not be changed in place: every step gives a new one, or the same when nothing has changed.
/// </summary>
/// <param name="empty">The aggregate of no values.</param>
/// <param name="add">Takes a value in.</param>
/// <param name="merge">Makes one aggregate of two. Where the order of records is not known the result should not depend on it.</param>
/// <param name="serde">For the store and its changelog. Say in it that values are immutable, so that stores keep them as objects.</param>
public sealed class Aggregation<TValue, TAggregate>(
    TAggregate empty, Func<TAggregate, TValue, TAggregate> add, Func<TAggregate, TAggregate, TAggregate> merge, Serde<TAggregate> serde)
{
    /// <summary>The aggregate of no values.</summary>
    public TAggregate Empty => empty;

    /// <summary>For the store and its changelog.</summary>
    public Serde<TAggregate> Serde => serde;

    /// <summary>Takes a value in.</summary>
    public TAggregate Add(TAggregate aggregate, TValue value) => add(aggregate, value);

    /// <summary>Makes one aggregate of two.</summary>
    public TAggregate Merge(TAggregate one, TAggregate other) => merge(one, other);

    /// <summary>The same aggregation of a part of other values: <c>Aggregate.Sum().Of((Order order) => order.Amount)</c>.</summary>
    public Aggregation<TOther, TAggregate> Of<TOther>(Func<TOther, TValue> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return new(empty, (aggregate, value) => add(aggregate, part(value)), merge, serde);
    }

    /// <summary>As an aggregator: a record without value changes nothing.</summary>
    internal TAggregate Take(TValue value, TAggregate aggregate) => value is null ? aggregate : add(aggregate, value);
}
