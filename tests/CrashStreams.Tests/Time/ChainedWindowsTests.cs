using System.Globalization;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Testing;
using CrashStreams.Tests.Simulation;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.Time;

/// <summary>Windows of windows over two shuffles, of any sizes and graces: the engine, the rule's formula and the metronome, which knows no formula, agree.</summary>
public class ChainedWindowsTests
{
    private const long EndMs = 2_000_000;

    private sealed record Chain(Stage Inner, Stage Outer, List<Note>[] Partitions, int[] Portions);

    private static readonly Gen<Chain> _chains =
        from partitions in Gen.Choose(1, 4)
        from innerSize in Gen.Elements(5, 10, 15)
        from isHopping in ArbMap.Default.GeneratorFor<bool>()
        from outerSize in Gen.Elements(7, 10, 30, 60)
        from innerGrace in Gen.Elements(0, 10, 30)
        from outerGrace in Gen.Elements(0, 10, 30, 45)
        from shifts in Gen.Choose(0, 60).ArrayOf(partitions)
        from records in (from partition in Gen.Choose(0, partitions - 1)
                         from user in Gen.Elements("u1", "u2", "u3", null!)
                         from jitterMs in Gen.Frequency((4, Gen.Choose(-9_000, 0)), (1, Gen.Choose(-70_000, 3_000)))
                         select (partition, user, jitterMs)).ListOf(120)
        from portions in Gen.Choose(0, 5).ArrayOf(200)
        select new Chain(
            new(innerSize * 1000, isHopping ? 5000 : innerSize * 1000, innerGrace * 1000, GroupOf),
            new(outerSize * 1000, outerSize * 1000, outerGrace * 1000, key => key),
            Enumerable.Range(0, partitions).Select(p => records
                .Select((r, i) => (r.partition, Note: new Note(r.user, Math.Max(0, (i * 1_500L) + (shifts[p] * 1_000L) + r.jitterMs))))
                .Where(r => r.partition == p).Select(r => r.Note).Append(new(null, EndMs)).ToList()).ToArray(),
            portions);

    [Fact]
    public void Any_drain_gives_what_the_ideal_live_run_gives() => Prop.ForAll(_chains.ToArbitrary(), chain =>
    {
        var ideal = new Metronome([chain.Inner, chain.Outer], chain.Partitions);
        var (results, late) = Drain(chain);
        results.Should().BeEquivalentTo(ideal.Results.Select(r => $"{r.Key} {r.StartMs}={r.Sum} @{r.TimeMs}"));
        late.Should().BeEquivalentTo(ideal.Late.Select(m => m.Partition < 0 ? $"result {m.Key} for {m.StartMs}" : $"{m.Partition}@{m.Position} for {m.StartMs}"));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void The_formula_of_the_rule_says_what_the_ideal_live_run_gives() => Prop.ForAll(_chains.Where(c => c.Inner.SizeMs == c.Inner.AdvanceMs).ToArbitrary(), chain =>
    {
        var ideal = new Metronome([chain.Inner, chain.Outer], chain.Partitions);
        var judged = chain.Partitions.SelectMany(p => p.Select((n, i) => new Judged(n.Key!, n.TimeMs, p.Take(i + 1).Max(m => m.TimeMs), 1))).Where(j => j.Key is not null);
        var inner = new WindowOracle(judged, chain.Inner.SizeMs, chain.Inner.GraceMs, EndMs);
        var results = inner.Final.Select(r => new Judged(GroupOf(r.Key), r.Timestamp, r.StartMs + chain.Inner.SizeMs + chain.Inner.GraceMs - 1, r.Count));
        var outer = new WindowOracle(results, chain.Outer.SizeMs, chain.Outer.GraceMs, EndMs);
        outer.Final.Select(r => (r.Key, r.StartMs, r.Count, r.Timestamp)).Should().BeEquivalentTo(ideal.Results);
        (inner.Late.Count, outer.Late.Count).Should().Be((ideal.Late.Count(m => m.Stage == 0), ideal.Late.Count(m => m.Stage == 1)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void Longer_windows_made_of_whole_shorter_ones_lose_nothing_with_the_same_grace() => Prop.ForAll(
        _chains.ToArbitrary(), Gen.Choose(1, 6).ToArbitrary(), (chain, times) =>
        {
            var inner = chain.Inner with { AdvanceMs = chain.Inner.SizeMs };
            var outer = new Stage(inner.SizeMs * times, inner.SizeMs * times, inner.GraceMs, key => key);
            new Metronome([inner, outer], chain.Partitions).Late.Should().NotContain(m => m.Stage != 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void Any_longer_windows_lose_nothing_with_the_shorter_ones_size_more_grace() => Prop.ForAll(_chains.ToArbitrary(), chain =>
    {
        var outer = chain.Outer with { GraceMs = chain.Inner.GraceMs + chain.Inner.SizeMs - 1 };
        new Metronome([chain.Inner, outer], chain.Partitions).Late.Should().NotContain(m => m.Stage != 0);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static (List<string> Results, List<string> Late) Drain(Chain chain)
    {
        using var driver = new TopologyTestDriver(
            Build(chain), new() { ApplicationId = "app", Time = { LateTopic = "late" } }, DateTimeOffset.UnixEpoch, new Dictionary<string, int> { ["in"] = chain.Partitions.Length });
        var next = new int[chain.Partitions.Length];
        // Portions from one partition after the other: some run far ahead of others.
        for (var turn = 0; next.Where((n, p) => n < chain.Partitions[p].Count).Any(); turn++)
        {
            var p = turn % next.Length;
            for (var left = turn < chain.Portions.Length ? chain.Portions[turn] : 100; left > 0 && next[p] < chain.Partitions[p].Count; left--, next[p]++)
                driver.Append("in", null, Encoding.UTF8.GetBytes(chain.Partitions[p][next[p]].Key ?? "-"), chain.Partitions[p][next[p]].TimeMs, partition: p);
            driver.Settle();
        }

        driver.Settle();
        driver.Dropped.Keys.Should().NotContain("replayed").And.NotContain("late-after-idle");
        return (driver.Output<string, long>("out").Read().Select(r => $"{r.Key}={r.Value} @{r.Timestamp}").ToList(), driver.Read("late").Select(Describe).ToList());
    }

    private static string Describe(RawRecord late) => late.Headers!.Last("cs-source-partition") is null
        ? $"result {Encoding.UTF8.GetString(late.Key!)} for {Text(late.Headers!, "cs-window-start")}"
        : $"{Text(late.Headers!, "cs-source-partition")}@{Text(late.Headers!, "cs-source-offset")} for {Text(late.Headers!, "cs-window-start")}";

    private static string Text(Headers headers, string key) => Encoding.UTF8.GetString(headers.Last(key)!);

    private static Topology Build(Chain chain)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Filter((_, user) => user != "-")
            .GroupBy((_, user) => user, new() { Name = "by-user" })
            .WindowedBy(Windows(chain.Inner)).Emit(EmitStrategy.OnWindowClose).Count("inner")
            .ToStream()
            .GroupBy((key, _) => GroupOf(key.Key), new() { Name = "by-group" })
            .WindowedBy(Windows(chain.Outer)).Emit(EmitStrategy.OnWindowClose).Reduce((sum, count) => sum + count, "outer")
            .ToStream()
            .SelectKey((key, _) => string.Create(CultureInfo.InvariantCulture, $"{key.Key} {key.Window.StartMs}")).To("out");
        return builder.Build();
    }

    private static TimeWindows Windows(Stage stage) => TimeWindows
        .OfSizeAndGrace(TimeSpan.FromMilliseconds(stage.SizeMs), TimeSpan.FromMilliseconds(stage.GraceMs)).AdvanceBy(TimeSpan.FromMilliseconds(stage.AdvanceMs));

    private static string GroupOf(string user) => user == "u1" ? "odd" : "even";
}
