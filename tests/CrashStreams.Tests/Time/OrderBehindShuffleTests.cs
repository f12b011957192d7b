using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Operators that put their input into order look at source topic, partition and offset, behind a shuffle as well.</summary>
public class OrderBehindShuffleTests
{
    [Fact]
    public void Sessions_take_records_of_one_instant_in_the_order_of_their_source_partitions() => Results(static s => s.GroupByKey()
        .WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(1))).Emit(EmitStrategy.OnWindowClose).Reduce(static (a, b) => a + b)
        .ToStream().SelectKey(static (key, _) => key.Key)).Should().Equal("za");

    [Fact]
    public void Sliding_windows_take_records_of_one_instant_in_the_order_of_their_source_partitions() => Results(static s => s.GroupByKey()
        .WindowedBy(SlidingWindows.OfTimeDifferenceWithNoGrace(TimeSpan.FromSeconds(1))).Emit(EmitStrategy.OnWindowClose).Reduce(static (a, b) => a + b)
        .ToStream().SelectKey(static (key, _) => key.Key)).Should().Equal("za");

    [Fact]
    public void Cogrouped_sessions_take_records_of_one_instant_in_the_order_of_their_source_partitions() => Results(static s => s.GroupByKey().Cogroup<string>(static (_, v, all) => all + v)
        .WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(1))).Aggregate(static () => "", static (_, a, b) => a + b)
        .ToStream().Filter(static (_, v) => v is not null).SelectKey(static (key, _) => key.Key)).Should().Equal("z", "za");

    [Theory]
    [InlineData("a", "b", "1 12")]
    [InlineData("b", "a", "2 21")]
    public void Cogrouped_sessions_take_records_of_one_instant_in_the_order_of_their_times_and_source_topics_whichever_input_they_come_by(string first, string second, string results)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(first).GroupByKey().Cogroup<string>(static (_, v, all) => all + v)
            .Cogroup(builder.Stream<string, string>(second).GroupByKey(), static (_, v, all) => all + v)
            .WindowedBy(SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))).Aggregate(static () => "", static (_, a, b) => a + b)
            .ToStream().Filter(static (_, v) => v is not null).SelectKey(static (key, _) => key.Key).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>(first).Pipe("k", "1", 100);
        driver.Input<string, string>(second).Pipe("k", "2", 100);
        // Read at one instant, out of order: the earlier one is first, although its topic is not.
        driver.Input<string, string>("a").Pipe("j", "-", 5_000);
        driver.Input<string, string>("b").Pipe("j", "-", 5_000);
        driver.Input<string, string>("a").Pipe("i", "4", 4_900);
        driver.Input<string, string>("b").Pipe("i", "3", 4_800);
        driver.Input<string, string>("a").Pipe("j", "-", 100_000);
        driver.Input<string, string>("b").Pipe("j", "-", 100_000);

        var rows = driver.Output<string, string>("out").Read().ToLookup(static r => r.Key, static r => r.Value);
        string.Join(' ', rows["k"]).Should().Be(results);
        string.Join(' ', rows["i"]).Should().Be("3 34");
    }

    [Fact]
    public void A_join_with_a_tables_history_answers_records_of_one_instant_in_the_order_of_their_source_partitions() => Results(static s =>
    {
        var moved = s.Repartition();
        return moved.LeftJoin(moved.ToTable(new Materialized<string, string> { Name = "rows", HistoryRetention = TimeSpan.FromMinutes(1) }), static (value, _) => value);
    }).Should().Equal("z", "a");

    private static IEnumerable<string> Results(Func<KStream<string, string>, KStream<string, string>> build)
    {
        var builder = new StreamsBuilder();
        build(builder.Stream<string, string>("in").SelectKey(static (_, _) => "k").Filter(static (_, v) => v != "-")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["in"] = 2 });
        var input = driver.Input<string, string>("in");
        input.Pipe("a", "a", 100, partition: 1);
        input.Pipe("z", "z", 100, partition: 0);
        input.Pipe("a", "-", 100_000, partition: 1);
        input.Pipe("z", "-", 100_000, partition: 0);
        return driver.Output<string, string>("out").Read().Select(static r => r.Value).ToList();
    }
}
