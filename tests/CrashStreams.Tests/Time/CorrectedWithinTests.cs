using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>What can be corrected, and how it shows. What corrections are worth is specified with the crash monitor.</summary>
public class CorrectedWithinTests
{
    [Fact]
    public void A_reduction_is_corrected_by_its_own_reducer()
    {
        using var driver = Driver(windows => windows.Emit(EmitStrategy.OnWindowClose).Reduce((a, b) => $"{a}{b}", "joined").ToStream());
        var input = driver.Input<string, string>("in");
        foreach (var (value, second) in new[] { ("a", 1), ("b", 2), ("-", 45), ("c", 3), ("d", 4) })
            input.Pipe("k", value, second * 1000);
        driver.Read("out").Select(r => (Text(r.Value), r.Timestamp, IsCorrection: Correction.IsIn(r.Headers)))
            .Should().Equal(("ab", 2000, false), ("abc", 3000, true), ("abcd", 4000, true));
    }

    [Fact]
    public void A_window_of_hopping_ones_that_a_record_misses_is_corrected_and_the_others_count_it()
    {
        using var driver = Driver(
            windows => windows.Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().MapValues(c => $"{c}"),
            TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(20), TimeSpan.Zero).AdvanceBy(TimeSpan.FromSeconds(10)));
        var input = driver.Input<string, string>("in");
        foreach (var second in new[] { 15, 25, 16, 60 })
            input.Pipe("k", "v", second * 1000);
        driver.Read("out").Select(r => (Text(r.Value), Correction.IsIn(r.Headers))).Should().Equal(("1", false), ("2", true), ("3", false), ("1", false));
    }

    [Fact]
    public void Late_aggregates_are_forgotten_with_their_windows()
    {
        using var driver = Driver(windows => windows.Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().MapValues(c => $"{c}"));
        var input = driver.Input<string, string>("in");
        foreach (var second in new[] { 1, 45, 2, 309 })
            input.Pipe("k", "v", second * 1000);
        driver.WindowStore<string, long>("counts-corrections").All().Should().ContainSingle();
        input.Pipe("k", "v", 310_001);
        driver.WindowStore<string, long>("counts-corrections").All().Should().BeEmpty();
        driver.WindowStore<string, long>("counts").All().Should().NotContain(e => e.Key.Window.StartMs == 0);
        // The changelog still has them.
        driver.Restart(isCrash: true);
        driver.WindowStore<string, long>("counts-corrections").All().Should().BeEmpty();
    }

    [Fact]
    public void What_can_not_be_corrected_is_told_when_the_topology_is_built()
    {
        Action tooShort = () => Driver(windows => windows.CorrectedWithin(TimeSpan.FromSeconds(30)).Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().MapValues(c => $"{c}"));
        Action unknownMerge = () => Driver(windows => windows.Emit(EmitStrategy.OnWindowClose).Aggregate(() => "", (_, value, all) => all + value, "texts").ToStream());
        Action updates = () => Driver(windows => windows.Count("counts").ToStream().MapValues(c => $"{c}"));
        tooShort.Should().Throw<TopologyException>().WithMessage("*'counts' is corrected within 00:00:30*more than its grace*");
        unknownMerge.Should().Throw<TopologyException>().WithMessage("*'texts' can't be corrected*Count, Reduce and ready aggregations*");
        updates.Should().Throw<TopologyException>().WithMessage("*forwards updates*OnWindowClose*");
    }

    [Fact]
    public void The_Observed_clock_corrects_nothing_and_says_so()
    {
        Action observed = () => Driver(windows => windows.Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().MapValues(c => $"{c}"), clock: StreamTime.Observed);
        observed.Should().Throw<TopologyException>().WithMessage("*needs the Watermarks clock*");
    }

    private static string Text(byte[]? value) => System.Text.Encoding.UTF8.GetString(value!);

    private static TopologyTestDriver Driver(
        Func<TimeWindowedKStream<string, string>, KStream<Windowed<string>, string>> build, TimeWindows? windows = null, StreamTime clock = StreamTime.Watermarks)
    {
        var builder = new StreamsBuilder();
        var windowed = builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(windows ?? TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).CorrectedWithin(TimeSpan.FromSeconds(300));
        build(windowed).SelectKey((key, _) => key.Key).To("out");
        return new(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock } });
    }
}
