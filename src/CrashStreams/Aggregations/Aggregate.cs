namespace CrashStreams.Aggregations;

/// <summary>
/// Ready aggregations. Their results do not depend on the order of the records, so they may stand behind repartition topics, and all of them merge: they serve plain aggregations, windows,
/// sessions, and corrections of final results.
/// </summary>
public static class Aggregate
{
    /// <summary>The sum, as exact as <see cref="decimal"/> is: 28 digits.</summary>
    public static Aggregation<decimal, decimal> Sum() => new(0, static (sum, value) => sum + value, static (one, other) => one + other, Serdes.Decimal);

    /// <summary>Count, sum and average, as exact as <see cref="decimal"/> is.</summary>
    public static Aggregation<decimal, Mean> Average() => new(new(0, 0), static (mean, value) => new(mean.Count + 1, mean.Sum + value), static (one, other) => new(one.Count + other.Count, one.Sum + other.Sum), new MeanSerde());

    /// <summary>The lowest value.</summary>
    /// <param name="comparer">By default the type's own order. Of values that it finds equal the one whose bytes are lower is taken.</param>
    /// <param name="serde">By default the library's serde for the type.</param>
    public static Aggregation<T, Optional<T>> Min<T>(IComparer<T>? comparer = null, Serde<T>? serde = null) => Extreme(new BytesTieBreaker<T>(comparer, Found(serde)), lowest: true);

    /// <summary>The highest value.</summary>
    /// <param name="comparer">By default the type's own order. Of values that it finds equal the one whose bytes are higher is taken.</param>
    /// <param name="serde">By default the library's serde for the type.</param>
    public static Aggregation<T, Optional<T>> Max<T>(IComparer<T>? comparer = null, Serde<T>? serde = null) => Extreme(new BytesTieBreaker<T>(comparer, Found(serde)), lowest: false);

    /// <summary>The highest values, in descending order; equal ones count each.</summary>
    /// <param name="count">How many are kept, at least one.</param>
    /// <param name="comparer">By default the type's own order. Values that it finds equal are ordered by their bytes.</param>
    /// <param name="serde">By default the library's serde for the type.</param>
    public static Aggregation<T, TopValues<T>> Top<T>(int count, IComparer<T>? comparer = null, Serde<T>? serde = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var order = new BytesTieBreaker<T>(comparer, Found(serde));
        return new(TopValues<T>.Empty, (top, value) => top.With(value, count, order), (one, other) => one.With(other, count, order), new TopValuesSerde<T>(order.Serde));
    }

    /// <summary>The values that are different, by their serialized bytes. All of them are kept: for many, see <see cref="ApproximateDistinct{T}"/>.</summary>
    /// <param name="serde">By default the library's serde for the type.</param>
    public static Aggregation<T, DistinctValues<T>> Distinct<T>(Serde<T>? serde = null)
    {
        var found = Found(serde);
        return new(DistinctValues<T>.EmptyOf(found), static (values, value) => values.With(value), static (one, other) => one.With(other), new DistinctValuesSerde<T>(found));
    }

    /// <summary>About how many different values there are (HyperLogLog): a few kilobytes at most, however many values.</summary>
    /// <param name="relativeError">The standard error, from 0.005 to 0.2: two of three estimates are nearer, 19 of 20 nearer than twice that.</param>
    /// <param name="serde">By default the library's serde for the type.</param>
    public static Aggregation<T, DistinctEstimate> ApproximateDistinct<T>(double relativeError = 0.02, Serde<T>? serde = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(relativeError, 0.005);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(relativeError, 0.2);
        var found = Found(serde);
        return new(DistinctEstimate.Empty(relativeError), (estimate, value) => estimate.With(HashOf(found, value)), static (one, other) => one.With(other), new DistinctEstimateSerde());
    }

    /// <summary>Any percentile, each within a relative error of the value (DDSketch), with exact count, lowest and highest value.</summary>
    /// <param name="relativeError">How far a percentile may be from the true value, relative to that: from 0.001 to 0.1.</param>
    public static Aggregation<double, Quantiles> Percentiles(double relativeError = 0.01)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(relativeError, 0.001);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(relativeError, 0.1);
        return new(Quantiles.Empty(relativeError), static (quantiles, value) => quantiles.With(value), static (one, other) => one.With(other), new QuantilesSerde());
    }

    private static Aggregation<T, Optional<T>> Extreme<T>(BytesTieBreaker<T> order, bool lowest)
    {
        return new(default, (best, value) => Better(best, new(value, true)), Better, new OptionalSerde<T>(order.Serde));

        Optional<T> Better(Optional<T> one, Optional<T> other) =>
            !one.HasValue ? other : !other.HasValue ? one : order.Compare(one.Value, other.Value) <= 0 == lowest ? one : other;
    }

    private static ulong HashOf<T>(Serde<T> serde, T value)
    {
        var bytes = new ByteBuffer(64);
        serde.Serialize(value, bytes);
        return (ulong)Murmur3.Hash(bytes.Written);
    }

    private static Serde<T> Found<T>(Serde<T>? serde) =>
        serde ?? Serdes.Find<T>() ?? throw new ArgumentException($"The library has no serde for {typeof(T)}: give one.", nameof(serde));
}
