using CrashStreams.Tests.Runtime;

namespace CrashStreams.Tests.Time;

/// <summary>What the meter tells of event time.</summary>
public class MetricsTests
{
    [Fact]
    public void The_lag_of_each_partition_is_told_against_the_wall_clock()
    {
        using var meter = new MetricCollector("lag");
        using var counts = new WindowCounts(new() { ApplicationId = "lag" });
        counts.Pipe(0, "ann", 60).Pipe(1, "x", 90);
        meter.Read("crashstreams.watermark.lag", "topic", "partition").Keys.Should().BeEquivalentTo("in 0", "in 1");
        counts.Pipe(2, "x", 100);
        counts.Driver.Time.Advance(TimeSpan.FromSeconds(100));
        meter.Read("crashstreams.watermark.lag", "topic", "partition").Should().Contain("in 0", 40_000).And.Contain("in 1", 10_000).And.Contain("in 2", 0)
            .And.Contain("lag-by-user-repartition 0", 40_000);
    }

    [Fact]
    public void The_oldest_open_window_is_told_until_it_closes()
    {
        using var meter = new MetricCollector("oldest");
        using var counts = new WindowCounts(new() { ApplicationId = "oldest" }, partitions: 1);
        counts.Wait(100);
        meter.Read("crashstreams.windows.oldest_open.age", "task").Should().BeEmpty();
        counts.Pipe(0, "ann", 25).Pipe(0, "ann", 12);
        meter.Read("crashstreams.windows.oldest_open.age", "task").Should().Equal(new Dictionary<string, long> { ["1_0"] = 90_000 });
        counts.Pipe(0, "ann", 50);
        meter.Read("crashstreams.windows.oldest_open.age", "task").Should().Equal(new Dictionary<string, long> { ["1_0"] = 80_000 });
    }

    [Fact]
    public void Idle_partitions_are_counted_by_topic()
    {
        using var meter = new MetricCollector("idle");
        using var counts = new WindowCounts(new() { ApplicationId = "idle" });
        counts.Pipe(0, "ann", 1).Wait(4);
        meter.Read("crashstreams.partitions.idle", "topic").Should().Contain("in", 0);
        counts.Pipe(0, "ann", 2).Wait(1);
        meter.Read("crashstreams.partitions.idle", "topic").Should().Contain("in", 2);
    }

    [Fact]
    public void Dropped_records_are_counted_by_reason_operator_and_topic()
    {
        using var meter = new MetricCollector("dropped");
        using var counts = new WindowCounts(new() { ApplicationId = "dropped" });
        counts.Pipe(0, "x", 40).Pipe(0, "ann", 1).Pipe(0, "ann", 2).Pipe(0, "x", 1e9).Pipe(0, "x", -1);
        meter.Dropped.Should().BeEquivalentTo(new Dictionary<string, long>
        {
            ["late KSTREAM-AGGREGATE-0000000002 dropped-by-user-repartition"] = 2,
            ["future KSTREAM-SOURCE-0000000000 in"] = 1,
            ["negative-timestamp KSTREAM-SOURCE-0000000000 in"] = 1,
        });
    }

    [Fact]
    public void An_application_that_has_ended_tells_nothing()
    {
        using var meter = new MetricCollector("ended");
        using (var counts = new WindowCounts(new() { ApplicationId = "ended" }))
            counts.Pipe(0, "ann", 1);
        meter.Read("crashstreams.watermark.lag", "topic", "partition").Should().BeEmpty();
    }
}
