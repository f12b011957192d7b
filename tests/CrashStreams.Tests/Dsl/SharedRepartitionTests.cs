using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>What several aggregations of one grouped stream share.</summary>
public class SharedRepartitionTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("by-word")]
    public void A_grouped_stream_that_is_aggregated_twice_goes_through_one_repartition_topic(string? name)
    {
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<string, string>("in").SelectKey((_, word) => word).GroupByKey(new() { Name = name });
        grouped.Count("first").ToStream().To("counts");
        grouped.Reduce((_, last) => last, "second").ToStream().To("words");
        var topology = builder.Build();

        topology.RepartitionTopics.Should().ContainSingle();
        using var driver = new TopologyTestDriver(topology);
        driver.Input<string, string>("in").Pipe("k", "a", timestamp: 1);
        driver.Input<string, string>("in").Pipe("k", "a", timestamp: 2);
        driver.Output<string, long>("counts").Read().Select(r => r.Value).Should().Equal(1, 2);
        driver.Output<string, string>("words").Read().Select(r => r.Value).Should().Equal("a", "a");
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
