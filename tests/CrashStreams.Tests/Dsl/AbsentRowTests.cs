using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Tables without a store, of values that have no null: a row that is not there is not read as the default of its type.</summary>
public class AbsentRowTests
{
    [Fact]
    public void A_join_without_a_store_has_no_row_where_a_side_is_missing()
    {
        var builder = new StreamsBuilder();
        var (left, right) = (Numbers(builder, "left"), Numbers(builder, "right"));
        left.Join(right, static (l, r) => l + r).Join(left, static (both, l) => both + l).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("left").Pipe("k", "7", 1);
        driver.Output<string, long>("out").Read().Should().BeEmpty();
        driver.Input<string, string>("right").Pipe("k", "2", 2);
        driver.Output<string, long>("out").Read().Last().Value.Should().Be(16);
    }

    [Fact]
    public void A_mapped_history_has_no_row_before_the_first()
    {
        var builder = new StreamsBuilder();
        var rows = builder.Table<string, long>("rows", materialized: new() { Name = "rows", HistoryRetention = TimeSpan.FromHours(1) });
        builder.Stream<string, string>("in").LeftJoin(rows.MapValues(static n => n + 1), static (text, row) => $"{text}{(row.HasValue ? row.Value : "-")}").To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = StreamTime.Observed } });
        driver.Input<string, long>("rows").Pipe("k", 4, 1_000);
        var input = driver.Input<string, string>("in");
        input.Pipe("k", "before ", 500);
        input.Pipe("k", "after ", 1_500);
        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("before -", "after 5");
    }

    private static KTable<string, long> Numbers(StreamsBuilder builder, string topic) =>
        builder.Table<string, string>(topic).MapValues(static text => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
}
