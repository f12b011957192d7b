using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Up to which instant records of two streams meet.</summary>
public class JoinEndTests
{
    private static readonly JoinWindows _noGrace = JoinWindows.OfTimeDifferenceWithNoGrace(TimeSpan.FromSeconds(5));

    [Fact]
    public void Records_as_far_apart_as_the_window_allows_meet_without_a_grace() =>
        Joined(_noGrace, ("left", "k", 0), ("right", "k", 5_000), ("left", "k", 10_000)).Should().Equal("0+5000", "10000+5000");

    [Fact]
    public void Records_of_one_instant_meet_without_a_difference_and_a_grace() =>
        Joined(JoinWindows.OfTimeDifferenceWithNoGrace(TimeSpan.Zero), ("left", "k", 10), ("right", "k", 10), ("right", "k", 20), ("left", "k", 20)).Should().Equal("10+10", "20+20");

    [Fact]
    public void A_record_that_has_to_be_later_than_its_partner_is_not_late_for_that() =>
        Joined(_noGrace.Before(TimeSpan.FromSeconds(10)).After(TimeSpan.FromSeconds(-5)), ("right", "k", 0), ("left", "k", 4_000), ("left", "k", 7_000), ("left", "k", 10_000))
            .Should().Equal("7000+0", "10000+0");

    [Fact]
    public void A_record_is_kept_as_long_as_its_partner_may_come_when_that_has_to_be_later() =>
        Joined(
            _noGrace.Before(TimeSpan.FromSeconds(10)).After(TimeSpan.FromSeconds(-9)),
            ("right", "k", 0), ("right", "other", 20_000), ("left", "other", 9_400), ("left", "k", 9_500)).Should().Equal("9500+0");

    [Fact]
    public void The_same_holds_for_a_left_record_whose_partner_has_to_be_later() =>
        Joined(
            _noGrace.After(TimeSpan.FromSeconds(10)).Before(TimeSpan.FromSeconds(-9)),
            ("left", "k", 0), ("left", "other", 20_000), ("right", "other", 9_400), ("right", "k", 9_500)).Should().Equal("0+9500");

    [Fact]
    public void Nobody_meets_a_record_of_time_zero_from_before_its_window() =>
        Joined(_noGrace.Before(TimeSpan.FromSeconds(10)).After(TimeSpan.FromSeconds(-5)), ("right", "k", 0), ("left", "k", 3)).Should().BeEmpty();

    [Fact]
    public void A_record_without_partner_comes_out_once_nobody_can_come_any_more()
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Stream<string, string>("left"), builder.Stream<string, string>("right"));
        left.OuterJoin(right, static (l, r) => $"{l.Value ?? "-"}+{r.Value ?? "-"}", _noGrace.After(TimeSpan.FromSeconds(1))).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var output = driver.Output<string, string>("out");
        Pipe(driver, ("left", "a", 1_000), ("right", "b", 1_000), ("right", "c", 1_100), ("left", "d", 2_000), ("right", "e", 2_000));
        output.Read().Should().BeEmpty("a left record waits for a second, and the last instant of that is part of it");
        Pipe(driver, ("left", "f", 2_001), ("right", "g", 2_001));
        output.Read().Select(static r => r.Value).Should().Equal("1000+-");
        Pipe(driver, ("left", "h", 6_000), ("right", "i", 6_000), ("left", "j", 6_101), ("right", "k", 6_101));
        output.Read().Select(static r => r.Value).Should().Equal(["2000+-", "2001+-", "-+1000", "-+1100"], "each in the order in which its time is over");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_record_that_has_waited_for_its_turn_meets_one_whose_time_is_over_at_that_instant(bool isLeftOrdered)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var ordered = stream.InEventTimeOrder("order");
        var (left, right) = isLeftOrdered ? (ordered, stream) : (stream, ordered);
        left.OuterJoin(right, static (l, r) => $"{l.Value ?? "-"}+{r.Value ?? "-"}", JoinWindows.OfTimeDifferenceWithNoGrace(TimeSpan.Zero)).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var time in new[] { 1_000L, 2_000, 3_000 })
            driver.Input<string, string>("in").Pipe("k", $"{time}", time);
        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("1000+1000", "2000+2000");
    }

    private static IEnumerable<string> Joined(JoinWindows windows, params (string Topic, string Key, long Time)[] records)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Join(builder.Stream<string, string>("right"), static (l, r) => $"{l}+{r}", windows).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        Pipe(driver, records);
        driver.Dropped.Should().BeEmpty();
        return driver.Output<string, string>("out").Read().Select(static r => r.Value).ToList();
    }

    private static void Pipe(TopologyTestDriver driver, params (string Topic, string Key, long Time)[] records)
    {
        foreach (var (topic, key, time) in records)
            driver.Input<string, string>(topic).Pipe(key, $"{time}", time);
    }
}
