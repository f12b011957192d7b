using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>An input that has stopped: everything that waits for event time comes out.</summary>
public class HorizonTests
{
    [Fact]
    public void The_last_records_of_ordered_input_come_out() => Results(static s => s.InEventTimeOrder()).Should().Equal("1", "2");

    [Fact]
    public void The_last_updates_that_are_held_back_for_a_time_come_out() =>
        Results(static s => s.ToTable("rows").Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromSeconds(5))).ToStream()).Should().Equal("2");

    [Fact]
    public void The_last_windows_behind_such_updates_come_out() => Results(static s => s.GroupByKey()
        .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts").Suppress(Suppressed.UntilWindowCloses())
        .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromSeconds(5))).ToStream().Map(static (key, count) => (key.Key, $"{count}"))).Should().Equal("2");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_records_that_are_joined_with_a_tables_history_come_out(bool waits) => Results(s => s.LeftJoin(
        s.ToTable(new Materialized<string, string> { Name = "rows", HistoryRetention = TimeSpan.FromMinutes(1) }), static (value, row) => value + row.Value,
        new() { Grace = waits ? TimeSpan.FromSeconds(5) : null })).Should().Equal("11", "22");

    [Fact]
    public void The_last_records_of_a_join_come_out_when_their_partners_had_to_be_earlier() => Results(static s => s.LeftJoin(
        s.MapValues(static v => v), static (value, _) => value, JoinWindows.OfTimeDifferenceWithNoGrace(TimeSpan.FromSeconds(60)).After(TimeSpan.FromSeconds(-50)))).Should().Equal("1", "2");

    private static IEnumerable<string> Results(Func<KStream<string, string>, KStream<string, string>> build)
    {
        var builder = new StreamsBuilder();
        build(builder.Stream<string, string>("in")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { CloseAfterIdle = TimeSpan.FromSeconds(10) } });
        driver.Input<string, string>("in").Pipe("a", "1", 100);
        driver.Input<string, string>("in").Pipe("a", "2", 200);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(20));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(20));
        return driver.Output<string, string>("out").Read().Select(static r => r.Value).ToList();
    }
}
