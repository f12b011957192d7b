using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Windows that never close, beside others that do.</summary>
public class EndlessWindowTests
{
    [Fact]
    public void Windows_without_an_end_stand_beside_windows_that_close()
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<string, string>("in").GroupByKey();
        grouped.WindowedBy(UnlimitedWindows.Of()).Count("ever").ToStream().SelectKey(static (key, _) => key.Key).To("all");
        grouped.WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Emit(EmitStrategy.OnWindowClose).Count("by-second")
            .ToStream().SelectKey(static (key, _) => key.Key).To("seconds");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        foreach (var time in new[] { 1, 2, 1_500 })
            input.Pipe("a", "x", time);
        driver.Output<string, long>("all").Read().Select(static r => r.Value).Should().Equal(1, 2, 3);
        driver.Output<string, long>("seconds").Read().Select(static r => r.Value).Should().Equal(2);
    }

    [Fact]
    public void The_changelog_of_windows_without_an_end_is_kept_without_an_end()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(UnlimitedWindows.Of()).Count("ever");
        builder.Build().SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Observed)).Single().ChangelogConfigs(StreamTime.Observed)["retention.ms"]
            .Should().Be($"{long.MaxValue}");
    }

    [Fact]
    public void A_retention_of_windows_without_an_end_is_refused()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(UnlimitedWindows.Of()).Count(new Materialized<string, long> { Name = "ever", Retention = TimeSpan.FromDays(1) });
        builder.Invoking(static b => b.Build()).Should().Throw<TopologyException>().WithMessage("*'ever'*never end*");
    }
}
