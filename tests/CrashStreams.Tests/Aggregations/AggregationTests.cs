using CrashStreams.Aggregations;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Aggregations;

/// <summary>
/// Ready aggregations against naive ones: whatever the values, however they are cut into parts and in which order they come, the aggregate and its bytes are the same, and what is read back goes on as if
/// nothing had happened.
/// </summary>
public class AggregationTests
{
    private const int Cases = 200;

    [Fact]
    public void Sums_averages_and_extremes_are_those_of_the_values() => ForAll<decimal>(
        static (random, count) => [.. Enumerable.Range(0, count).Select(_ => (decimal)random.Between(-5_000, 5_000) / 100)],
        static values =>
        {
            Folded(Aggregate.Sum(), values, static sum => sum).Should().Be(values.Sum());
            Folded(Aggregate.Average(), values, static mean => mean).Should().Be(new Mean(values.Length, values.Sum()));
            Folded(Aggregate.Min<decimal>(), values, static least => least.Value).Should().Be(values.DefaultIfEmpty().Min());
            Folded(Aggregate.Max<decimal>(), values, static most => most.Value).Should().Be(values.DefaultIfEmpty().Max());
        });

    [Fact]
    public void The_top_values_are_the_highest_in_descending_order() => ForAll(Words, static values =>
    {
        foreach (var most in new[] { 1, 3, 10 })
            Folded(Aggregate.Top(most, StringComparer.Ordinal), values, static top => top.Values).Should().Equal(values.OrderDescending(StringComparer.Ordinal).Take(most));
    });

    // An order in which "a1" and "a2" are equal leaves the choice to their bytes, not to who came first.
    [Fact]
    public void Values_that_the_order_finds_equal_are_chosen_by_their_bytes() => ForAll(Words, static values =>
    {
        var byLetter = Comparer<string>.Create(static (x, y) => x[0].CompareTo(y[0]));
        Folded(Aggregate.Top(2, byLetter), values, static top => top.Values).Should().Equal(values.OrderDescending(StringComparer.Ordinal).Take(2));
        Folded(Aggregate.Min(byLetter), values, static least => least.Value).Should().Be(values.Min(StringComparer.Ordinal));
    });

    [Fact]
    public void Distinct_values_are_the_set_of_the_values() => ForAll(Words, static values =>
    {
        var set = Folded(Aggregate.Distinct<string>(), values, static set => set);
        set.Values.Should().Equal(values.Distinct().Order(StringComparer.Ordinal));
        set.Count.Should().Be(values.Distinct().Count());
        values.All(set.Contains).Should().BeTrue();
        set.Contains("none of them").Should().BeFalse();
    });

    [Fact]
    public void Percentiles_are_within_their_relative_error() => ForAll<double>(
        static (random, count) => [.. Enumerable.Range(0, count + 1).Select(_ => random.Pick([0, 1, -1]) * Math.Pow(10, random.Between(-6, 9)) * (1 + (random.Below(1_000) / 1_000.0)))],
        static values =>
        {
            var quantiles = Folded(Aggregate.Percentiles(0.02), values, static q => q);
            var sorted = values.Order().ToArray();
            (quantiles.Count, quantiles.Min, quantiles.Max).Should().Be((values.Length, sorted[0], sorted[^1]));
            foreach (var quantile in new[] { 0, 0.25, 0.5, 0.9, 0.99, 1 })
            {
                var exact = sorted[(int)(quantile * (sorted.Length - 1))];
                quantiles.Of(quantile).Should().BeInRange(exact - Math.Abs(0.0201 * exact), exact + Math.Abs(0.0201 * exact));
            }
        });

    // Five standard errors: a seed that fails would be one in millions, and the seeds are fixed.
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    public void An_estimate_of_distinct_values_is_within_its_error(double relativeError)
    {
        var aggregation = Aggregate.ApproximateDistinct<long>(relativeError);
        var estimate = aggregation.Empty;
        for (var (value, next) = (1L, 1L); value <= 200_000; value++)
        {
            estimate = aggregation.Add(estimate, value);
            if (value < next)
                continue;
            Math.Abs(estimate.Count - value).Should().BeLessThanOrEqualTo((long)Math.Ceiling(5 * relativeError * value), "{0} values were added", value);
            next = (next * 3) + 1;
        }

        aggregation.Add(estimate, 7).Should().BeSameAs(estimate, "a value that was seen changes nothing");
    }

    [Fact]
    public void Estimates_of_parts_make_the_estimate_of_the_whole() => ForAll<long>(
        static (random, count) => [.. Enumerable.Range(0, 20 * count).Select(_ => (long)random.Below(5_000))],
        static values => Folded(Aggregate.ApproximateDistinct<long>(0.1), values, static estimate => estimate.Count));

    private static string[] Words(SimulationRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => $"{(char)('a' + random.Below(4))}{random.Below(10)}")];

    private static void ForAll<T>(Func<SimulationRandom, int, T[]> draw, Action<T[]> check)
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            var random = new SimulationRandom((ulong)seed);
            check(draw(random, random.Pick([0, 1, 2, 10, 60])));
        }
    }

    // Folded in one go, in another order, and in two parts that are written and read before they become one.
    private static TResult Folded<T, TAggregate, TResult>(Aggregation<T, TAggregate> aggregation, T[] values, Func<TAggregate, TResult> result)
    {
        var whole = Fold(aggregation, values);
        var bytes = Bytes(aggregation, whole);
        Bytes(aggregation, Fold(aggregation, values.Reverse())).Should().Equal(bytes);
        for (var cut = 0; cut <= values.Length; cut += Math.Max(1, values.Length / 3))
        {
            var (first, second) = (Copy(aggregation, Fold(aggregation, values.Take(cut))), Copy(aggregation, Fold(aggregation, values.Skip(cut))));
            Bytes(aggregation, aggregation.Merge(first, second)).Should().Equal(bytes);
            Bytes(aggregation, aggregation.Merge(second, first)).Should().Equal(bytes);
            Bytes(aggregation, values.Skip(cut).Aggregate(first, aggregation.Add)).Should().Equal(bytes);
        }

        return result(Copy(aggregation, whole));
    }

    private static TAggregate Fold<T, TAggregate>(Aggregation<T, TAggregate> aggregation, IEnumerable<T> values) => values.Aggregate(aggregation.Empty, aggregation.Add);

    private static TAggregate Copy<T, TAggregate>(Aggregation<T, TAggregate> aggregation, TAggregate aggregate) => aggregation.Serde.Deserialize(Bytes(aggregation, aggregate));

    private static byte[] Bytes<T, TAggregate>(Aggregation<T, TAggregate> aggregation, TAggregate aggregate)
    {
        var bytes = new ByteBuffer();
        aggregation.Serde.Serialize(aggregate, bytes);
        return bytes.Written.ToArray();
    }
}
