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
        counts.Pipe(0, "x", 45);
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
    public void A_partition_whose_producer_has_a_slow_clock_holds_the_windows_open_and_loses_nothing()
    {
        using var counts = new WindowCounts(partitions: 2);
        for (var second = 0; second < 200; second += 5)
            counts.Pipe(0, "fast", second + 3600).Pipe(1, "slow", second);
        counts.Dropped.Should().BeEmpty();
        counts.Results().Should().HaveCount(16).And.OnlyContain(r => r.StartsWith("slow", StringComparison.Ordinal) && r.EndsWith("=2", StringComparison.Ordinal));
    }
}
