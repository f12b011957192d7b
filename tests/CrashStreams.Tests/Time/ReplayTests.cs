using System.Text;
using CrashStreams.Testing;
using CrashStreams.Tests.Simulation;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.Time;

/// <summary>
/// The claim: twelve partitions with clocks of their own, drained in any order and any portions, with restarts and crashes in the middle, through two
/// shuffles, give the results and the late records that the rule gives, which knows only the order within each partition.
/// </summary>
public class ReplayTests
{
    private const int Partitions = 12;
    private const long EndMs = 50_000_000;

    /// <summary>A record, and how its partition is drained before it is written: how many turns the application gets, and how it ends then.</summary>
    private sealed record Step(int Partition, string User, int JitterMs, int Turns, End End);

    private enum End
    {
        None,
        Stop,
        Crash,
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void Any_drain_of_a_backlog_gives_what_the_rule_gives(ProcessingGuarantee guarantee)
    {
        // A crash between two commits doubles results under at-least-once, so only exactly-once is crashed here.
        var ends = guarantee == ProcessingGuarantee.ExactlyOnce ? Gen.Frequency((200, Gen.Constant(End.None)), (3, Gen.Constant(End.Stop)), (3, Gen.Constant(End.Crash)))
            : Gen.Frequency((100, Gen.Constant(End.None)), (2, Gen.Constant(End.Stop)));
        var steps = from partition in Gen.Choose(0, Partitions - 1)
                    from user in Gen.Elements("u1", "u2", "u3", "u4", "u5")
                    from jitter in Gen.Choose(-60_000, 5_000)
                    from turns in Gen.Frequency((8, Gen.Constant(0)), (2, Gen.Choose(1, 4)))
                    from end in ends
                    select new Step(partition, user, jitter, turns, end);
        var runs = from list in steps.ListOf(200)
                   from shifts in Gen.Choose(0, 100_000).ArrayOf(Partitions)
                   from order in Gen.Shuffle(Enumerable.Range(0, Partitions).ToArray())
                   from isDrainedInTurn in ArbMap.Default.GeneratorFor<bool>()
                   select (list, shifts, order, isDrainedInTurn);
        Prop.ForAll(runs.ToArbitrary(), run =>
        {
            var records = Records(run.list, run.shifts);
            // Live: as they were written. Backlog: one partition after the other.
            var drained = run.isDrainedInTurn ? records.OrderBy(r => Array.IndexOf(run.order, r.Step.Partition)).ToList() : records;
            var (results, late) = Drain(drained, guarantee);
            var (expectedResults, expectedLate) = Rule(records);
            results.Should().BeEquivalentTo(expectedResults);
            late.Should().BeEquivalentTo(expectedLate);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static List<(Step Step, long TimeMs)> Records(IList<Step> steps, int[] shiftsMs) =>
        steps.Select((s, i) => (s, Math.Max(0, (i * 2_000L) + s.JitterMs + shiftsMs[s.Partition]))).ToList();

    private static (List<string> Results, List<string> Late) Drain(List<(Step Step, long TimeMs)> records, ProcessingGuarantee guarantee)
    {
        using var driver = new TopologyTestDriver(
            Build(), new() { ApplicationId = "app", Delivery = { Guarantee = guarantee }, Time = { LateTopic = "late" } }, DateTimeOffset.UnixEpoch, new Dictionary<string, int> { ["in"] = Partitions });
        foreach (var (step, timeMs) in records)
        {
            for (var turn = 0; turn < step.Turns; turn++)
                driver.Thread.RunOnce();
            if (step.Turns == 4)
                driver.Thread.Commit();
            if (step.End != End.None)
                driver.Restart(isCrash: step.End == End.Crash);
            driver.Append("in", null, Encoding.UTF8.GetBytes(step.User), timeMs, partition: step.Partition);
        }

        for (var partition = 0; partition < Partitions; partition++)
            driver.Append("in", null, "end"u8.ToArray(), EndMs, partition: partition);
        driver.Settle();
        driver.Dropped.Keys.Should().NotContain("replayed").And.NotContain("late-after-idle");
        return (driver.Output<string, long>("out").Read().Select(r => $"{r.Key}={r.Value} @{r.Timestamp}").ToList(),
            driver.Read("late").Select(r => $"{Encoding.UTF8.GetString(r.Key!)} @{r.Timestamp}").ToList());
    }

    private static Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .GroupBy((_, user) => user, new() { Name = "by-user" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)))
            .Count("user-counts")
            .Suppress(Suppressed.UntilWindowCloses(), "user-final")
            .ToStream()
            .SelectKey((user, _) => GroupOf(user.Key))
            .GroupByKey(new() { Name = "by-group" })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30)))
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce((sum, count) => sum + count, "group-sums")
            .ToStream()
            .SelectKey((group, _) => $"{group.Key} {group.Window.StartMs}")
            .To("out");
        return builder.Build();
    }

    private static (List<string> Results, List<string> Late) Rule(List<(Step Step, long TimeMs)> records)
    {
        var watermarks = new long[Partitions];
        var judged = new List<Judged>();
        foreach (var (step, timeMs) in records)
        {
            watermarks[step.Partition] = Math.Max(watermarks[step.Partition], timeMs);
            judged.Add(new(step.User, timeMs, watermarks[step.Partition], 1));
        }

        var users = new WindowOracle(judged, 10_000, 30_000, EndMs);
        var groups = new WindowOracle(users.Final.Select(r => new Judged(GroupOf(r.Key), r.Timestamp, r.StartMs + 40_000 - 1, r.Count)), 60_000, 30_000, EndMs);
        return (groups.Final.ConvertAll(r => $"{r.Key} {r.StartMs}={r.Count} @{r.Timestamp}"), users.Late.Concat(groups.Late).Select(l => $"{l.Key} @{l.Timestamp}").ToList());
    }

    private static string GroupOf(string user) => user is "u1" or "u2" ? "odd" : user == "end" ? "end" : "even";
}
