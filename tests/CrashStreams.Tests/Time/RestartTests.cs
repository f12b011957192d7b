using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>What an application knows of time outlives it.</summary>
public class RestartTests
{
    public static TheoryData<bool> Ends => [false, true];

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_partition_that_was_heard_of_before_a_restart_is_not_waited_for_again(bool isCrash)
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 39).Pipe(2, "x", 40);
        counts.Driver.Restart(isCrash);
        counts.Pipe(0, "x", 40);
        counts.Results().Should().BeEmpty();
        counts.Pipe(1, "x", 40);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_late_record_is_late_after_a_restart_too(bool isCrash)
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "x", 40);
        counts.Driver.Restart(isCrash);
        counts.Pipe(0, "ann", 9.999);
        counts.Dropped.Should().Contain("late", 1);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_closed_window_is_not_emitted_again(bool isCrash)
    {
        using var counts = new WindowCounts(partitions: 1);
        counts.Pipe(0, "ann", 1).Pipe(0, "x", 45);
        counts.Driver.Restart(isCrash);
        counts.Pipe(0, "x", 60);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void Records_that_are_processed_again_after_a_crash_meet_closed_windows_and_are_told_from_late_ones()
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { LateTopic = WindowCounts.Late } }, partitions: 1);
        counts.Append(0, "ann", 1);
        counts.Append(0, "x", 45);
        // Two turns without a commit: the counts are in the repartition topic, the marker as well.
        counts.Driver.Thread.RunOnce();
        counts.Driver.Thread.RunOnce();
        counts.Driver.Restart(isCrash: true);
        counts.Results().Should().OnlyContain(r => r.StartsWith("ann 0s=", StringComparison.Ordinal));
        counts.Dropped.Should().NotContainKey("late");
        counts.Driver.Read(WindowCounts.Late).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void The_last_windows_of_an_input_that_stopped_before_the_restart_close_too(bool isCrash)
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { CloseAfterIdle = TimeSpan.FromSeconds(20) } });
        counts.Pipe(0, "ann", 1).Pipe(1, "bob", 2);
        counts.Driver.Restart(isCrash);
        counts.Wait(20);
        counts.Results().Should().BeEquivalentTo("ann 0s=1", "bob 0s=1");
    }

    [Fact]
    public void Windows_that_an_idle_input_closed_are_not_closed_further_by_every_restart()
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { CloseAfterIdle = TimeSpan.FromSeconds(20) } }, partitions: 1);
        counts.Pipe(0, "ann", 1);
        for (var restarts = 0; restarts < 3; restarts++)
        {
            counts.Wait(20);
            counts.Driver.Restart();
        }

        counts.Pipe(0, "ann", 11).Wait(20);
        counts.Results().Should().Equal("ann 0s=1", "ann 10s=1");
    }

    [Fact]
    public void An_input_that_was_taken_for_stopped_is_not_closed_further_after_a_restart_because_another_one_went_on()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose).Count("counts")
            .ToStream().Map((key, count) => (key.Key, count)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { CloseAfterIdle = TimeSpan.FromSeconds(20) } });
        driver.Input<string, string>("right").Pipe("x", "v", 500_000);
        driver.Input<string, string>("left").Pipe("ann", "v", 480_000);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(20));
        driver.Restart();
        driver.AdvanceWallClock(TimeSpan.FromSeconds(20));
        driver.Thread.Tasks.Single().Inputs.Single(i => i.Partition.Topic == "left").Clock.Watermark.Should().Be(520_000, "windows that a record of 480 s is in are closed then");
    }
}
