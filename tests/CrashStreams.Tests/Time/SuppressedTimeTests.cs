using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>The reference by which updates are judged that were held back for a time.</summary>
public class SuppressedTimeTests
{
    [Fact]
    public void An_update_that_was_late_itself_is_late_behind_a_suppression_too()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").ToTable("rows").Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromSeconds(1))).ToStream().GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().SelectKey(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        foreach (var (key, time) in new[] { ("a", 100_000L), ("b", 5_000), ("c", 200_000), ("d", 300_000) })
            input.Pipe(key, "x", time);
        driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long> { ["late"] = 1 }, "it is late, not one that was processed before");
        driver.Output<string, long>("out").Read().Select(static r => r.Key).Should().Equal("a", "c");
    }
}
