using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>The instant at which a session closes.</summary>
public class SessionEndTests
{
    [Theory]
    [InlineData(30_000)] // The clock stands for a while where the session's time ends: it closes a millisecond later.
    [InlineData(29_999)]
    [InlineData(30_001)]
    public void A_session_gives_its_result_wherever_the_clock_has_stopped_before(long stop)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)))
            .Emit(EmitStrategy.OnWindowClose).Count("sessions").ToStream().SelectKey(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        foreach (var (key, time) in new[] { ("a", 0L), ("b", stop), ("b", stop + 5), ("b", 90_000) })
            input.Pipe(key, "x", time);
        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().Equal(("a", 1), ("b", 2));
    }

    [Fact]
    public void A_session_takes_a_record_at_its_last_instant()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)))
            .Count("sessions").ToStream().SelectKey(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        foreach (var (key, time) in new[] { ("a", 10_000L), ("b", 40_000), ("a", 10_000), ("b", 90_000) })
            input.Pipe(key, "x", time);
        driver.Output<string, long>("out").Read().Where(static r => r is { Key: "a", HasValue: true }).Select(static r => r.Value).Should().Equal(1, 2);
    }
}
