using System.Text;
using CrashStreams.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>Late crashes that come within the second grace correct what was reported.</summary>
public class CorrectionTests
{
    private const int Partitions = 3;
    private const int EndSecond = 50_000;
    private static readonly DateTimeOffset _now = new(2026, 1, 11, 14, 50, 0, TimeSpan.Zero);
    private static readonly long _second = new DateTimeOffset(2026, 1, 11, 14, 42, 50, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly CrashMonitorOptions _options = new() { CorrectWithin = TimeSpan.FromMinutes(5), LateTopic = "late", MaxFuture = TimeSpan.FromDays(1) };

    [Fact]
    public void A_late_crash_gives_the_row_once_more_with_the_new_count_and_marked()
    {
        using var driver = Drive();
        Pipe(driver, 0, "u", 3);
        End(driver, 45);
        Rows(driver).Should().Equal("u 3");
        Pipe(driver, 5, "u");
        var row = driver.Read("crash-alerts").Should().ContainSingle().Subject;
        Encoding.UTF8.GetString(row.Value!).Should().Be(
            """{"interval_start":"2026-01-11T14:42:50Z","interval_end":"2026-01-11T14:43:00Z","user_id":"u","crash_count":4,"correction":true}""");
        row.Headers.Should().ContainSingle().Which.Key.Should().Be(Correction.Header);
        driver.Dropped.Should().BeEmpty();
        driver.Read("late").Should().BeEmpty();
    }

    [Fact]
    public void A_user_whom_late_crashes_bring_above_the_threshold_is_reported_as_a_correction()
    {
        using var driver = Drive();
        Pipe(driver, 0, "u", 2);
        End(driver, 45);
        Pipe(driver, 5, "v", 2);
        Rows(driver).Should().BeEmpty();
        Pipe(driver, 5, "u");
        Pipe(driver, 5, "v");
        Rows(driver).Should().Equal("u 3 corrected", "v 3 corrected");
    }

    [Fact]
    public void Late_crashes_that_come_before_the_window_closes_wait_for_its_first_results_and_do_not_touch_them()
    {
        using var driver = Drive();
        Pipe(driver, 0, "u", 3, partition: 1);
        Pipe(driver, 0, "z", 3, partition: 1);
        // Partition 0 is ahead of the others: what is late in it is known before the window closes.
        Pipe(driver, 45, "ahead");
        Pipe(driver, 5, "u", 2);
        Pipe(driver, 5, "a", 3);
        Rows(driver).Should().BeEmpty();
        driver.Restart(isCrash: true);
        End(driver, 45);
        Rows(driver).Where(r => !r.StartsWith("ahead", StringComparison.Ordinal)).Should().BeEquivalentTo("u 3", "z 3", "a 3 corrected", "u 5 corrected");
        Pipe(driver, 6, "u");
        Rows(driver).Should().Equal("u 6 corrected");
    }

    [Fact]
    public void Beyond_the_second_grace_a_crash_is_late_for_good()
    {
        using var driver = Drive();
        Pipe(driver, 0, "u", 3);
        End(driver, 10 + 300);
        Pipe(driver, 5, "u");
        Rows(driver).Should().Equal("u 3");
        driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long> { ["late"] = 1 });
        driver.Read("late").Should().ContainSingle();
    }

    [Fact]
    public void A_crash_in_a_partition_that_was_not_waited_for_corrects_as_well()
    {
        using var driver = Drive();
        Pipe(driver, 0, "u", 3, partition: 1);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(6));
        Pipe(driver, 45, "x");
        Rows(driver).Should().BeEmpty("the partition is waited for once more when another one wakes");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(6));
        Rows(driver).Should().Equal("u 3");
        Pipe(driver, 1, "u", partition: 1);
        Rows(driver).Should().Equal("u 4 corrected");
    }

    /// <summary>The claim: first rows are what they are without corrections, and the last row of each user and window counts every crash that came within the second grace.</summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void However_a_backlog_is_drained_first_rows_and_last_corrections_are_those_of_the_log(ProcessingGuarantee guarantee)
    {
        var steps = from partition in Gen.Choose(0, Partitions - 1)
                    from user in Gen.Elements("a", "b", "c")
                    from jitter in Gen.Frequency((3, Gen.Choose(-9, 0)), (2, Gen.Choose(-400, 0)))
                    from turns in Gen.Frequency((4, Gen.Constant(0)), (1, Gen.Choose(1, 4)))
                    from restarts in Gen.Frequency((60, Gen.Constant(false)), (1, Gen.Constant(true)))
                    select (partition, user, jitter, turns, restarts);
        var runs = from list in steps.ListOf(150) from order in Gen.Shuffle(Enumerable.Range(0, Partitions).ToArray()) from inTurn in ArbMap.Default.GeneratorFor<bool>()
                   select (list, order, inTurn);
        Prop.ForAll(runs.ToArbitrary(), run =>
        {
            var records = run.list.Select((s, i) => (Step: s, Second: Math.Max(0, (i * 4) + s.jitter))).ToList();
            var oracle = new AlertOracle(_options);
            foreach (var ((partition, user, _, _, _), second) in records)
                oracle.Add(partition, Line(second, user));
            for (var partition = 0; partition < Partitions; partition++)
                oracle.Add(partition, Line(EndSecond, "end"));
            var comparison = new AlertComparison(oracle.Finish());
            foreach (var value in Drain(run.inTurn ? [.. records.OrderBy(r => Array.IndexOf(run.order, r.Step.partition))] : records, guarantee))
                comparison.Add(value, "here");
            comparison.Missing.Concat(comparison.Wrong).Concat(comparison.Extra).Concat(comparison.Duplicate).Should().BeEmpty();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static List<byte[]> Drain(List<((int Partition, string User, int Jitter, int Turns, bool Restarts) Step, int Second)> records, ProcessingGuarantee guarantee)
    {
        using var driver = Drive(guarantee);
        foreach (var (step, second) in records)
        {
            for (var turn = 0; turn < step.Turns; turn++)
                driver.Thread.RunOnce();
            if (step.Restarts)
                driver.Restart(isCrash: guarantee == ProcessingGuarantee.ExactlyOnce);
            driver.Append("logs", null, Line(second, step.User), 0, partition: step.Partition);
        }

        End(driver, EndSecond);
        return driver.Read("crash-alerts").Select(r => r.Value!).ToList();
    }

    private static TopologyTestDriver Drive(ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce) => new(
        CrashTopology.Build(_options), (_options with { Guarantee = guarantee }).ToStreamsOptions(), _now, new Dictionary<string, int> { ["logs"] = Partitions });

    private static void Pipe(TopologyTestDriver driver, int second, string user, int times = 1, int partition = 0)
    {
        for (var i = 0; i < times; i++)
            driver.Pipe("logs", null, Line(second, user), 0, partition: partition);
    }

    private static void End(TopologyTestDriver driver, int second)
    {
        for (var partition = 0; partition < Partitions; partition++)
            driver.Append("logs", null, Line(second, "end"), 0, partition: partition);
        driver.Settle();
    }

    private static byte[] Line(int second, string user) =>
        Encoding.UTF8.GetBytes($$"""{"timestamp":{{_second + second}},"severity":"High","user_id":"{{user}}","content":"crash"}""");

    private static List<string> Rows(TopologyTestDriver driver) => driver.Read("crash-alerts")
        .Select(r => CrashAlertSerde.Instance.Deserialize(r.Value!)).Select(a => $"{a.UserId} {a.CrashCount}{(a.IsCorrection ? " corrected" : "")}").ToList();
}
