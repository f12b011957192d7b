using CrashStreams.Aggregations;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Aggregations;

/// <summary>Ready aggregations in windows of each kind.</summary>
public class AggregationWindowTests
{
    private static readonly TimeSpan _ten = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void A_window_is_aggregated_and_corrected() => Results(static grouped => grouped.WindowedBy(TimeWindows.OfSizeWithNoGrace(_ten)).Emit(EmitStrategy.OnWindowClose)
        .CorrectedWithin(TimeSpan.FromHours(1)).Aggregate(Aggregate.Top<long>(2), "top").MapValues(static top => $"{top}")).Should().Equal("0: 3, 2", "0: 9, 3", "10: 1", "20: 1");

    [Fact]
    public void Sessions_that_become_one_merge_their_aggregates() => Results(static grouped => grouped.WindowedBy(SessionWindows.OfInactivityGapAndGrace(_ten, TimeSpan.FromHours(1)))
        .Aggregate(Aggregate.Distinct<long>(), "set").MapValues(static set => $"{set}")).Should().Contain("1: 1, 2, 3, 9");

    [Fact]
    public void A_sliding_window_is_aggregated() => Results(static grouped => grouped.WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(_ten))
        .Aggregate(Aggregate.Sum().Of(static (long value) => (decimal)value), "sum").MapValues(static sum => $"{sum}")).Should().Contain("0: 5");

    [Fact]
    public void A_record_without_value_changes_nothing()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(_ten)).Aggregate(Aggregate.Distinct<string>(), "set").ToStream(static (key, _) => key.Key)
            .MapValues(static set => $"{set}").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("k", "a", 1);
        driver.Input<string, string>("in").Pipe("k", null!, 2);
        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("a", "a");
    }

    private static List<string> Results(Func<KGroupedStream<string, long>, KTable<Windowed<string>, string>> aggregate)
    {
        var builder = new StreamsBuilder();
        aggregate(builder.Stream<string, long>("in").GroupByKey()).ToStream(static (key, _) => $"{key.Window.StartMs}").To("out", new() { ValueSerde = Serdes.String });
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, long>("in");
        foreach (var (value, time) in new[] { (2L, 1L), (3, 3), (1, 25), (9, 8), (1, 14), (7, 100) })
            input.Pipe("k", value, time);
        return [.. driver.Output<string, string>("out").Read().Where(static r => r.Value is not null).Select(static r => $"{r.Key}: {r.Value}")];
    }
}
