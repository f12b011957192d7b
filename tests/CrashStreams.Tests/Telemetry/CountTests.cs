using CrashStreams.Testing;
using CrashStreams.Tests.Runtime;
using CrashStreams.Tests.Time;

namespace CrashStreams.Tests.Telemetry;

/// <summary>What an application's meter counts.</summary>
public class CountTests
{
    [Fact]
    public void Records_and_bytes_are_counted_per_input_partition_and_per_written_topic()
    {
        using var meter = new MetricCollector("counted");
        using var counts = new WindowCounts(new() { ApplicationId = "counted" });
        counts.Pipe(0, "ann", 1).Pipe(0, "bob", 2).Pipe(2, "ann", 3);

        meter.Read("crashstreams.records.processed", "topic", "partition").Should().Contain("in 0", 2).And.Contain("in 1", 0).And.Contain("in 2", 1);
        meter.Read("crashstreams.records.processed.bytes", "topic", "partition").Should().Contain("in 0", 6).And.Contain("in 2", 3);
        var shuffled = meter.Read("crashstreams.records.processed", "topic", "partition").Where(read => read.Key.StartsWith("counted-by-user-repartition", StringComparison.Ordinal));
        shuffled.Sum(static read => read.Value).Should().Be(3, "markers are no records of the application's");
        // A key, a value.
        meter.Read("crashstreams.records.sent.bytes", "topic")["counted-by-user-repartition"].Should().BeGreaterThanOrEqualTo(18);
    }

    [Fact]
    public void Consumed_and_sent_messages_follow_the_conventions_of_OpenTelemetry()
    {
        using var meter = new MetricCollector("conventions");
        using var counts = new WindowCounts(new() { ApplicationId = "conventions" });
        counts.Pipe(0, "ann", 1).Pipe(0, "ann", 2);

        meter.Read("messaging.client.consumed.messages", "messaging.system", "messaging.consumer.group.name", "messaging.destination.name", "messaging.destination.partition.id")
            .Should().Contain("kafka conventions in 0", 2);
        var sent = meter.Read("messaging.client.sent.messages", "messaging.system", "messaging.destination.name");
        sent["kafka conventions-by-user-repartition"].Should().BeGreaterThan(2, "markers are messages too");
    }

    [Fact]
    public void Lag_is_what_lies_between_the_next_record_and_the_end()
    {
        using var meter = new MetricCollector("behind");
        using var counts = SlowRecords("behind", TimeSpan.FromMilliseconds(100));
        foreach (var second in new[] { 1, 2, 3 })
            counts.Append(0, "ann", second);

        counts.Driver.Thread.RunOnce();
        meter.Read("crashstreams.consumer.lag", "topic", "partition").Should().Equal(new Dictionary<string, long> { ["in 0"] = 2 }, "one record is as much as the turn had time for");
        counts.Driver.Settle();
        meter.Read("crashstreams.consumer.lag", "topic", "partition").Should().Equal(new Dictionary<string, long> { ["in 0"] = 0 });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tasks_and_what_their_stores_hold_are_told(bool hasStorage)
    {
        using var meter = new MetricCollector("tasks");
        using var counts = new WindowCounts(new() { ApplicationId = "tasks", State = { Storage = hasStorage ? new MemoryStateStorage() : null } }, partitions: 2);
        counts.Pipe(0, "ann", 1).Pipe(0, "bob", 2);

        meter.Read("crashstreams.tasks", "state").Should().Equal(new Dictionary<string, long> { ["running"] = 4, ["restoring"] = 0, ["standby"] = 0 });
        meter.Read("crashstreams.cache.size", "task").Values.Sum().Should().BePositive();
    }

    [Fact]
    public void Commits_polls_and_the_age_of_records_are_measured_per_batch()
    {
        using var meter = new MetricCollector("durations");
        using var counts = new WindowCounts(new() { ApplicationId = "durations" }, partitions: 1);
        counts.Wait(100);
        counts.Append(0, "ann", 40);
        counts.Append(0, "ann", 70);
        counts.Driver.Settle();

        meter.Durations.Should().Contain(("crashstreams.records.latency", "in", 30), "the last of a batch is told").And.NotContain(("crashstreams.records.latency", "in", 60));
        meter.Durations.Select(static measured => measured.Instrument).Should().Contain("crashstreams.commit.duration").And.Contain("messaging.client.operation.duration");
    }

    [Fact]
    public void Counts_go_on_when_a_task_begins_again_and_what_it_has_read_before_is_not_measured_again()
    {
        using var meter = new MetricCollector("again");
        using var counts = new WindowCounts(new() { ApplicationId = "again" }, partitions: 1);
        counts.Pipe(0, "ann", 1);
        var before = meter.Durations.Count(static measured => measured.Instrument == "crashstreams.records.latency");

        counts.Driver.Restart();
        counts.Driver.Settle();
        meter.Durations.Count(static measured => measured.Instrument == "crashstreams.records.latency").Should().Be(before);

        counts.Pipe(0, "ann", 2);
        meter.Read("crashstreams.records.processed", "topic", "partition").Should().Contain("in 0", 2);
    }

    [Fact]
    public void What_a_thread_does_with_its_time_adds_up()
    {
        using var meter = new MetricCollector("time");
        using var counts = SlowRecords("time", TimeSpan.FromSeconds(2));
        counts.Pipe(0, "ann", 1).Pipe(0, "ann", 2);

        meter.ReadSeconds("crashstreams.thread.time", "activity").Should().Contain("process", 4).And.Contain("commit", 0).And.Contain("poll", 0).And.Contain("other", 0);
    }

    [Fact]
    public void Rebalances_are_counted_by_kind()
    {
        using var meter = new MetricCollector("moves");
        using (var counts = new WindowCounts(new() { ApplicationId = "moves" }))
            counts.Pipe(0, "ann", 1);

        meter.Counted("crashstreams.rebalances", "kind").Should().Contain("assigned", 1);
    }

    private static WindowCounts SlowRecords(string application, TimeSpan each)
    {
        WindowCounts? counts = null;
        return counts = new(new() { ApplicationId = application }, partitions: 1, builder => builder.Stream<string, string>("in").Peek((_, _) => counts!.Driver.Time.Advance(each)).To("out"));
    }
}
