using CrashStreams.Aggregations;

namespace CrashStreams.Tests.Aggregations;

/// <summary>The bytes of ready aggregations in stores and changelogs.</summary>
public class AggregationFormatTests
{
    [Fact]
    public void A_mean_is_its_count_and_the_text_of_its_sum() => Bytes(Aggregate.Average(), 1.5m, 2m).Should().Be("0000000000000002" + "332E35");

    [Fact]
    public void An_extreme_says_whether_it_is_there()
    {
        Bytes(Aggregate.Max<long>()).Should().Be("00");
        Bytes(Aggregate.Max<long>(), 1, 2).Should().Be("01" + "0000000000000002");
    }

    [Fact]
    public void Top_values_are_written_with_their_lengths_the_highest_first() => Bytes(Aggregate.Top<string>(2), "a", "bc").Should().Be("00000002" + "6263" + "00000001" + "61");

    [Fact]
    public void Distinct_values_are_written_with_their_lengths_in_the_order_of_bytes() => Bytes(Aggregate.Distinct<string>(), "b", "a", "b").Should().Be("00000001" + "61" + "00000001" + "62");

    // Precision 5 for an error of 0.2; the hash of 1 as a long chooses the register.
    [Fact]
    public void An_estimate_is_pairs_of_registers_and_values_until_there_are_many()
    {
        var few = Bytes(Aggregate.ApproximateDistinct<long>(0.2), 1);
        few.Should().StartWith("0500").And.HaveLength(2 * (1 + 1 + 4));
        Bytes(Aggregate.ApproximateDistinct<long>(0.2), [.. Enumerable.Range(0, 100).Select(static i => (long)i)]).Should().StartWith("0501").And.HaveLength(2 * (1 + 1 + 32));
    }

    [Fact]
    public void Quantiles_are_error_bounds_and_buckets() => Bytes(Aggregate.Percentiles(0.01), 0, 1, 1, -1).Should().Be(
        "3F847AE147AE147B" + "BFF0000000000000" + "3FF0000000000000" + "FF000000" + "0000000000000001" + "00000000" + "0000000000000001" + "01000000" + "0000000000000002");

    [Fact]
    public void Bytes_that_end_too_early_are_refused()
    {
        var read = () => Aggregate.Top<string>(2).Serde.Deserialize([0, 0, 0, 9, 1]);
        read.Should().Throw<SerdeException>().WithMessage("*9 bytes*");
    }

    private static string Bytes<T, TAggregate>(Aggregation<T, TAggregate> aggregation, params T[] values)
    {
        var bytes = new ByteBuffer();
        aggregation.Serde.Serialize(values.Aggregate(aggregation.Empty, aggregation.Add), bytes);
        return Convert.ToHexString(bytes.Written);
    }
}
