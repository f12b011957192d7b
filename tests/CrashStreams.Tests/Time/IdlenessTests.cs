using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Partitions with nothing to say, and what becomes of their records when they speak again.</summary>
public class IdlenessTests
{
    [Fact]
    public void A_partition_that_never_had_a_record_is_not_waited_for()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(0, "x", 40).Wait(5);
        counts.Pipe(0, "x", 41);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void A_partition_that_is_behind_is_waited_for_however_long_it_takes()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "ann", 1).Pipe(2, "ann", 1);
        counts.Driver.Log.Unavailable.Add(new("in", 2));
        counts.Append(2, "ann", 2);
        counts.Wait(600).Pipe(0, "x", 500).Pipe(1, "x", 500);
        counts.Results().Should().BeEmpty();
        counts.Driver.Log.Unavailable.Clear();
        counts.Pipe(2, "x", 500);
        counts.Results().Should().Equal("ann 0s=4");
    }

    [Fact]
    public void A_record_that_was_not_waited_for_is_told_and_kept_like_a_late_one()
    {
        var late = new List<LateRecord>();
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { LateTopic = WindowCounts.Late, OnLate = late.Add } }, partitions: 2);
        counts.Pipe(0, "ann", 1).Pipe(1, "ann", 2).Wait(5);
        counts.Pipe(0, "x", 44).Wait(4).Pipe(0, "x", 45).Wait(1);
        counts.Results().Should().Equal("ann 0s=2");
        counts.Pipe(1, "ann", 3);
        counts.Dropped.Should().Contain("late-after-idle", 1).And.NotContainKey("replayed");
        late.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Timestamp = 3000, Window = new Window(0, 10_000), By = TimeSpan.FromSeconds(5) });
        counts.Driver.Read(WindowCounts.Late).Should().ContainSingle();
    }

    [Fact]
    public void A_partition_that_speaks_again_is_waited_for_again()
    {
        using var counts = new WindowCounts(partitions: 2);
        counts.Pipe(0, "x", 1).Pipe(1, "x", 1).Wait(5);
        counts.Pipe(1, "ann", 12).Pipe(0, "x", 100);
        counts.Results().Should().BeEmpty();
        counts.Pipe(1, "ann", 13).Pipe(1, "x", 50);
        counts.Results().Should().Equal("x 0s=2", "ann 10s=2");
    }

    [Fact]
    public void Partitions_that_were_silent_together_wake_together()
    {
        using var counts = new WindowCounts(partitions: 2);
        counts.Pipe(0, "x", 1).Pipe(1, "x", 1).Wait(5);
        // Hours within seconds: the first that has anything is far ahead before the other begins.
        counts.Pipe(0, "ann", 100).Pipe(0, "x", 20_000).Wait(4);
        counts.Results().Should().BeEmpty();
        counts.Pipe(1, "ann", 100).Pipe(1, "ann", 5_000).Pipe(1, "x", 20_000);
        counts.Dropped.Should().BeEmpty();
        counts.Results().Should().Equal("x 0s=2", "ann 100s=2", "ann 5000s=1");
    }

    [Fact]
    public void Inputs_of_one_task_wake_together()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Merge(builder.Stream<string, string>("other")).GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose).Count("counts")
            .ToStream().Map(static (window, count) => (window.Key, $"{window.Window.StartMs / 1000}s={count}")).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var (a, b, results) = (driver.Input<string, string>("in"), driver.Input<string, string>("other"), driver.Output<string, string>("out"));
        a.Pipe("x", "", 1_000);
        b.Pipe("x", "", 1_000);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(5));
        a.Pipe("ann", "", 100_000);
        a.Pipe("x", "", 20_000_000);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(4));
        results.Read().Should().BeEmpty();
        b.Pipe("ann", "", 100_000);
        b.Pipe("x", "", 20_000_000);
        driver.Dropped.Should().BeEmpty();
        results.Read().Select(static r => $"{r.Key} {r.Value}").Should().Equal("x 0s=2", "ann 100s=2");
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void A_partition_that_does_not_wake_with_the_others_is_waited_for_as_long_as_an_idle_one(int seconds, bool isPassed)
    {
        using var counts = new WindowCounts(partitions: 2);
        counts.Pipe(0, "x", 1).Pipe(1, "x", 1).Wait(5);
        counts.Pipe(0, "y", 100);
        for (var i = 0; i < seconds; i++)
            counts.Wait(1).Pipe(0, "y", 101 + i);
        counts.Results().Should().BeEquivalentTo(isPassed ? ["x 0s=2"] : Array.Empty<string>());
    }

    [Fact]
    public void One_that_is_silent_while_others_go_on_is_not_waited_for_when_one_of_them_wakes()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "x", 1).Pipe(1, "x", 1).Pipe(2, "x", 1);
        for (var i = 2; i < 8; i++)
            counts.Wait(1).Pipe(0, "x", i);
        // Partition 2 has been silent as long as partition 1, which speaks again.
        counts.Pipe(1, "y", 50).Pipe(0, "y", 50);
        counts.Results().Should().Equal("x 0s=9");
    }

    [Fact]
    public void A_record_that_waits_for_others_of_its_instant_goes_through_a_shuffle_before_its_task_counts_as_idle()
    {
        using var counts = new WindowCounts(partitions: 2, build: static builder => builder.Stream<string, string>("in").InEventTimeOrder("order")
            .GroupBy(static (_, user) => user, new() { Name = "by-user" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose).Count("counts")
            .ToStream().Map(static (window, count) => (window.Key, $"{window.Window.StartMs / 1000}s={count}")).To("out"));
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 1);
        for (var i = 2; i < 9; i++)
            counts.Wait(1).Pipe(1, "x", i);
        counts.Pipe(1, "x", 100).Pipe(1, "x", 101);
        counts.Results().Should().Equal("ann 0s=1", "x 0s=8");
        counts.Pipe(0, "ann", 200);
        counts.Dropped.Should().BeEmpty();
    }

    [Fact]
    public void The_last_record_of_ordered_input_comes_out_when_all_inputs_are_silent()
    {
        using var counts = new WindowCounts(partitions: 1, build: static builder => builder.Stream<string, string>("in").InEventTimeOrder("order").Map(static (_, user) => (user, "")).To("out"));
        counts.Pipe(0, "ann", 1).Pipe(0, "bob", 1);
        counts.Results().Should().BeEmpty();
        counts.Wait(5);
        counts.Results().Should().Equal("ann ", "bob ");
        // One that comes for the same instant afterwards: its place has been passed, and it is not lost.
        counts.Pipe(0, "eve", 1).Pipe(0, "x", 2).Driver.Restart();
        counts.Pipe(0, "x", 3);
        counts.Results().Should().Equal("eve ", "x ");
    }

    [Fact]
    public void A_partition_whose_producer_has_a_slow_clock_holds_the_windows_open_and_loses_nothing()
    {
        using var counts = new WindowCounts(partitions: 2);
        for (var second = 0; second < 200; second += 5)
            counts.Pipe(0, "fast", second + 3600).Pipe(1, "slow", second);
        counts.Dropped.Should().BeEmpty();
        counts.Results().Should().HaveCount(16).And.OnlyContain(r => r.StartsWith("slow", StringComparison.Ordinal) && r.EndsWith("=2", StringComparison.Ordinal));
    }
}
