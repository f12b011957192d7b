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
}
