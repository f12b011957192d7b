using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>How long sliding windows are kept.</summary>
public class SlidingEndTests
{
    [Fact]
    public void Windows_of_one_instant_give_their_results()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(TimeSpan.Zero)).Emit(EmitStrategy.OnWindowClose).Count("counts")
            .ToStream().Map(static (key, count) => (key.Key, $"{key.Window.StartMs}: {count}")).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        Pipe(driver, 100, 100, 101, 200);
        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("100: 2", "101: 1");
    }

    [Fact]
    public void The_last_window_that_still_takes_a_record_begins_behind_the_record_before_it()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts")
            .ToStream().Map(static (key, count) => (key.Key, $"{key.Window.StartMs}: {count}")).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("k", "x", 8_999);
        driver.Input<string, string>("in").Pipe("other", "x", 10_000);
        // All its windows but the one from 9,000 to 10,000 are closed.
        driver.Input<string, string>("in").Pipe("k", "x", 9_000);
        driver.Input<string, string>("in").Pipe("other", "x", 20_000);
        driver.Output<string, string>("out").Read().Where(static r => r.Key == "k").Select(static r => r.Value).Should().Equal("7999: 1", "9000: 1");
    }

    private static void Pipe(TopologyTestDriver driver, params long[] times)
    {
        foreach (var time in times)
            driver.Input<string, string>("in").Pipe("k", "x", time);
    }
}
