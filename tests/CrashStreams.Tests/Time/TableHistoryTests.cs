using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Which row of a table with history a record of a stream meets.</summary>
public class TableHistoryTests
{
    [Fact]
    public void What_lies_behind_the_history_is_not_known_whether_the_store_has_dropped_it_or_not()
    {
        using var driver = Driver();
        for (var time = 0; time < 4_000; time += 50)
            Row(driver, "a", $"v{time}", time);
        Row(driver, "a", "new", 5_000);
        Row(driver, "other", "x", 20_000);
        // The history is a second, and the stream has come to 10,000.
        Value(driver, "b", 10_000);
        foreach (var time in new[] { 100L, 1_020, 2_070, 3_999, 5_500 })
            Value(driver, "a", time);
        Value(driver, "b", 30_000);
        Results(driver).Should().Equal("100: -", "1020: -", "2070: -", "3999: -", "5500: new", "10000: -");
    }

    [Fact]
    public void The_history_reaches_back_its_retention_from_when_a_record_is_answered()
    {
        using var driver = Driver();
        foreach (var (value, time) in new[] { ("v1", 8_000L), ("v2", 8_999), ("v3", 9_000), ("v4", 9_001), ("v5", 9_800) })
            Row(driver, "a", value, time);
        Row(driver, "a", "v6", 20_000);
        Value(driver, "b", 10_000);
        foreach (var time in new[] { 8_999L, 9_000, 9_001, 9_700, 9_800, 10_000 })
            Value(driver, "a", time);
        Value(driver, "b", 30_000);
        Results(driver).Should().Equal(["8999: -", "9000: v3", "9001: v4", "9700: v4", "9800: v5", "10000: -", "10000: v5"], "answers to what is too old would depend on what has been dropped");
    }

    private static TopologyTestDriver Driver()
    {
        var builder = new StreamsBuilder();
        var table = builder.Table("rows", null, new Materialized<string, string> { Name = "history", HistoryRetention = TimeSpan.FromSeconds(1) });
        builder.Stream<string, string>("in").LeftJoin(table, static (value, row) => $"{value}: {row.Value ?? "-"}").To("out");
        return new(builder.Build());
    }

    private static void Row(TopologyTestDriver driver, string key, string value, long time) => driver.Input<string, string>("rows").Pipe(key, value, time);

    private static void Value(TopologyTestDriver driver, string key, long time) => driver.Input<string, string>("in").Pipe(key, $"{time}", time);

    private static List<string> Results(TopologyTestDriver driver) => driver.Output<string, string>("out").Read().Select(static r => r.Value).ToList();
}
