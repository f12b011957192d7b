using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Groups that are aggregated more than once, and whose repartition topic has a name.</summary>
public class SharedRepartitionTests
{
    [Fact]
    public void A_grouped_stream_is_repartitioned_once_for_all_its_aggregations()
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<string, string>("in").GroupBy(static (_, value) => value, new() { Name = "by-value" });
        grouped.Count("counts").ToStream().To("counted");
        grouped.Reduce(static (a, b) => a + b, "texts").ToStream().To("texts");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("a", "x", 1);
        driver.Input<string, string>("in").Pipe("b", "x", 2);
        driver.Output<string, long>("counted").Read().Select(static r => r.Value).Should().Equal(1, 2);
        driver.Output<string, string>("texts").Read().Select(static r => r.Value).Should().Equal("x", "xx");
    }

    [Fact]
    public void A_grouped_table_is_repartitioned_once_for_all_its_aggregations()
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Table<string, string>("in").GroupBy(static (key, value) => (value, key), new Grouped<string, string> { Name = "by-value" });
        grouped.Count("counts").ToStream().To("counted");
        grouped.Reduce(static (a, b) => a + b, static (a, b) => a.Replace(b, "", StringComparison.Ordinal), "texts").ToStream().To("texts");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Input<string, string>("in").Pipe("a", "x", 1);
        driver.Input<string, string>("in").Pipe("b", "x", 2);
        driver.Output<string, long>("counted").Read().Select(static r => r.Value).Should().Equal(1, 2);
        driver.Output<string, string>("texts").Read().Select(static r => r.Value).Should().Equal("a", "ab");
    }
}
