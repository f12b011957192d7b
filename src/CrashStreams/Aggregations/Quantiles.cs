using System.Collections.Immutable;

namespace CrashStreams.Aggregations;

/// <summary>
/// A distribution of numbers (DDSketch, Masson, Rim and Lee, 2019): counts in buckets that grow by a constant factor, so that a percentile is within a relative error of the true value.
/// Buckets are as many as orders of magnitude need: at 1 % some 230 for each factor of 100. Numbers nearer to zero than 1e-12 count as zero.
/// </summary>
public sealed class Quantiles
{
    private const double Smallest = 1e-12;

    // Keys of positive numbers, and their mirror images of negative ones, on either side of zero.
    private const int Offset = 1 << 24;

    private readonly double _logGamma;

    internal Quantiles(double relativeError, long count, double min, double max, ImmutableSortedDictionary<int, long> buckets)
    {
        (RelativeError, Count, Min, Max, Buckets) = (relativeError, count, min, max, buckets);
        _logGamma = Math.Log((1 + relativeError) / (1 - relativeError));
    }

    /// <summary>How many numbers there were.</summary>
    public long Count { get; }

    /// <summary>The lowest number; positive infinity of none.</summary>
    public double Min { get; }

    /// <summary>The highest number; negative infinity of none.</summary>
    public double Max { get; }

    internal double RelativeError { get; }

    /// <summary>Counts, in ascending order of the numbers.</summary>
    internal ImmutableSortedDictionary<int, long> Buckets { get; }

    /// <summary>A quantile: 0.5 is the median, 0.99 the 99th percentile. NaN of no numbers.</summary>
    /// <param name="quantile">From 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Something else.</exception>
    public double Of(double quantile)
    {
        if (!(quantile >= 0 && quantile <= 1))
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "A quantile is between 0 and 1.");
        if (Count == 0)
            return double.NaN;
        var rank = (long)(quantile * (Count - 1));
        foreach (var (key, count) in Buckets)
        {
            if (rank < count)
                return Math.Clamp(MiddleOf(key), Min, Max);
            rank -= count;
        }

        return Max;
    }

    internal static Quantiles Empty(double relativeError) => new(relativeError, 0, double.PositiveInfinity, double.NegativeInfinity, ImmutableSortedDictionary<int, long>.Empty);

    internal Quantiles With(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite numbers have percentiles.");
        var key = KeyOf(value);
        return new(RelativeError, Count + 1, Math.Min(Min, value), Math.Max(Max, value), Buckets.SetItem(key, Buckets.GetValueOrDefault(key) + 1));
    }

    internal Quantiles With(Quantiles other)
    {
        if (other.RelativeError != RelativeError)
            throw new InvalidOperationException($"Distributions with relative errors of {RelativeError} and {other.RelativeError} can't become one: the aggregation was changed.");
        var buckets = Buckets.ToBuilder();
        foreach (var (key, count) in other.Buckets)
            buckets[key] = buckets.GetValueOrDefault(key) + count;
        return new(RelativeError, Count + other.Count, Math.Min(Min, other.Min), Math.Max(Max, other.Max), buckets.ToImmutable());
    }

    /// <summary>The median and the 99th percentile as text.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"p50 {Of(0.5):G4}, p99 {Of(0.99):G4}");

    private int KeyOf(double value)
    {
        var size = Math.Abs(value);
        return size < Smallest ? 0 : Math.Sign(value) * (Offset + (int)Math.Ceiling(Math.Log(size) / _logGamma));
    }

    // The number whose relative distance to both ends of the bucket is the same.
    private double MiddleOf(int key) =>
        key == 0 ? 0 : Math.Sign(key) * 2 * Math.Exp((Math.Abs(key) - Offset) * _logGamma) / (1 + Math.Exp(_logGamma));
}
