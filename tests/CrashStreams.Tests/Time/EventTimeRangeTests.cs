using CrashStreams.Processing;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Event times at the end of what 64 bits hold, wherever they come from.</summary>
public class EventTimeRangeTests
{
    private const long Beyond = (long.MaxValue / 2) + 1;

    [Theory]
    [InlineData(StreamTime.Observed, long.MaxValue)]
    [InlineData(StreamTime.Observed, long.MaxValue - 1)]
    [InlineData(StreamTime.Observed, Beyond)]
    [InlineData(StreamTime.Watermarks, long.MaxValue)]
    [InlineData(StreamTime.Watermarks, Beyond)]
    public void A_record_beyond_the_range_is_counted_as_one_from_the_future_and_moves_no_clock(StreamTime clock, long time)
    {
        using var driver = Counting(clock);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 1_000);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), time);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 2_000);
        driver.Dropped.Should().Contain("future", 1);
        driver.Dropped.Should().NotContainKey("late");
        driver.WindowStore<string, long>("counts").TryGet("k", 0, out var count).Should().BeTrue();
        count.Value.Should().Be(2);
    }

    [Theory]
    [InlineData(StreamTime.Observed)]
    [InlineData(StreamTime.Watermarks)]
    public void A_record_at_the_end_of_the_range_has_its_windows(StreamTime clock)
    {
        using var driver = Counting(clock, b => b.AdvanceBy(TimeSpan.FromSeconds(1)), new() { ApplicationId = "app", Time = { Clock = clock, MaxFuture = TimeSpan.MaxValue } });
        var time = clock == StreamTime.Observed ? long.MaxValue / 2 : (long)TimeSpan.MaxValue.TotalMilliseconds;
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), time);
        driver.Dropped.Should().BeEmpty();
        driver.WindowStore<string, long>("counts").TryGet("k", time / 1_000 * 1_000, out _).Should().BeTrue();
    }

    [Theory]
    [InlineData(StreamTime.Observed)]
    [InlineData(StreamTime.Watermarks)]
    public void The_largest_windows_and_graces_overflow_nothing(StreamTime clock)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.MaxValue, TimeSpan.MaxValue))
            .Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().Map((k, n) => (k.Key, n)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock, IdleAfter = TimeSpan.MaxValue, MaxFuture = TimeSpan.MaxValue }, PollWait = TimeSpan.MaxValue });
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 5);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 1_000_000);
        driver.Read("out").Should().BeEmpty("the window never closes");
        driver.WindowStore<string, long>("counts").TryGet("k", 0, out var count).Should().BeTrue();
        count.Value.Should().Be(2);
    }

    [Theory]
    [InlineData(StreamTime.Observed, long.MaxValue, "future")]
    [InlineData(StreamTime.Watermarks, long.MaxValue, "future")]
    [InlineData(StreamTime.Observed, -1, "negative-timestamp")]
    [InlineData(StreamTime.Watermarks, long.MinValue, "negative-timestamp")]
    public void A_time_that_an_operator_gives_is_checked_where_it_would_matter(StreamTime clock, long time, string reason)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Timing(time)).GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(10))).Count("counts");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock } });
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 1);
        driver.Dropped.Should().Contain(reason, 1);
    }

    [Theory]
    [InlineData(StreamTime.Observed)]
    [InlineData(StreamTime.Watermarks)]
    public void Punctuation_on_stream_time_comes_to_an_end_at_the_end_of_the_range(StreamTime clock)
    {
        var ticks = new List<long>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Ticking(ticks)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock, MaxFuture = TimeSpan.MaxValue } });
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 1);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), long.MaxValue);
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 2);
        ticks.Should().Equal(1);
        driver.Read("out").Should().HaveCount(2);
    }

    [Fact]
    public void A_record_that_is_refused_for_its_time_does_not_hold_its_input_back()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Log.Unavailable.Add(new("right", 0));
        driver.Append("left", null, [1], 1_700_000_000_000_000_000);
        driver.Append("left", null, [2], 1);
        driver.Append("right", null, [3], 2);
        driver.Append("right", null, [4], 5);
        driver.Log.Unavailable.Clear();
        driver.Append("left", null, [5], 4);
        driver.Settle();
        driver.Read("out").Select(r => r.Timestamp).Should().Equal(1, 2, 4, 5);
        driver.Dropped.Should().Contain("future", 1);
    }

    private static TopologyTestDriver Counting(StreamTime clock, Func<TimeWindows, TimeWindows>? windows = null, StreamsOptions? options = null)
    {
        var size = TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(10));
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows?.Invoke(size) ?? size).Count("counts");
        return new(builder.Build(), options ?? new() { ApplicationId = "app", Time = { Clock = clock } });
    }

    private sealed class Timing(long time) : Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record) => Forward(record.WithTimestamp(time));
    }

    private sealed class Ticking(List<long> ticks) : Processor<string, string, string, string>
    {
        protected override void Init() => Context.Schedule(TimeSpan.FromMilliseconds(10), PunctuationType.StreamTime, ticks.Add);

        public override void Process(in Record<string, string> record) => Forward(in record);
    }
}
