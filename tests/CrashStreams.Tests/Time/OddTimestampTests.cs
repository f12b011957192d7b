using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Timestamps at and beyond the edges of what is sensible.</summary>
public class OddTimestampTests
{
    [Fact]
    public void A_record_at_time_zero_counts_in_the_first_window()
    {
        using var counts = new WindowCounts(partitions: 1);
        counts.Pipe(0, "ann", 0).Pipe(0, "x", 40);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void A_record_without_a_timestamp_is_counted_as_such_and_moves_no_clock()
    {
        using var counts = new WindowCounts(partitions: 1);
        counts.Pipe(0, "ann", 1).Pipe(0, "ann", -0.001).Pipe(0, "ann", -1e9).Pipe(0, "x", 40);
        counts.Dropped.Should().Contain("negative-timestamp", 2);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void An_extractor_that_answers_a_negative_time_drops_the_record_counted()
    {
        using var driver = Extracting((_, value, _) => value);
        driver.Pipe("in", null, Bytes(-7), 5);
        driver.Pipe("in", null, Bytes(7), 5);
        driver.Dropped.Should().Contain("negative-timestamp", 1);
        driver.Read("out").Select(r => r.Timestamp).Should().Equal(7);
    }

    [Theory]
    [InlineData(1_700_000_000_000_000_000)]
    [InlineData(long.MaxValue)]
    public void Nanoseconds_where_milliseconds_belong_are_a_record_from_the_future_and_stop_nothing(long timestamp)
    {
        var late = new List<LateRecord>();
        using var driver = Extracting((_, value, _) => value, new() { ApplicationId = "app", Time = { OnLate = late.Add } });
        driver.Pipe("in", null, Bytes(timestamp), 5);
        driver.Pipe("in", null, Bytes(7), 5);
        driver.Dropped.Should().Contain("future", 1);
        late.Should().ContainSingle().Which.Timestamp.Should().Be(timestamp);
        driver.Read("out").Should().ContainSingle();
    }

    [Fact]
    public void An_extractor_that_throws_is_a_processing_fault_also_among_several_inputs()
    {
        var builder = new StreamsBuilder();
        var consumed = new Consumed<string, string> { TimestampExtractor = new((_, value, _) => long.Parse(value, System.Globalization.CultureInfo.InvariantCulture)) };
        builder.Stream("left", consumed).Merge(builder.Stream("right", consumed)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } });
        driver.Pipe("left", null, "not a number"u8.ToArray(), 1);
        driver.Pipe("right", null, "3"u8.ToArray(), 1);
        driver.Dropped.Should().Contain(nameof(FormatException), 1);
        driver.Read("out").Should().ContainSingle();
    }

    private static byte[] Bytes(long value)
    {
        var buffer = new ByteBuffer();
        Serdes.Int64.Serialize(value, buffer);
        return buffer.Written.ToArray();
    }

    private static TopologyTestDriver Extracting(Func<string, long, long, long> extractor, StreamsOptions? options = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, long> { TimestampExtractor = new(extractor) }).To("out");
        return new(builder.Build(), options);
    }
}
