using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A stream that comes together with what was made of it behind a shuffle: the same tasks write the repartition topic and read it.</summary>
public class OwnDescendantTests
{
    [Fact]
    public void A_stream_can_be_merged_with_itself_behind_a_shuffle_that_says_how_wide_it_is()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Merge(stream.SelectKey((_, value) => value).Repartition(new() { Name = "by-value", Partitions = 2 })).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["in"] = 2 });
        var input = driver.Input<string, string>("in");
        input.Pipe("k", "a", 1);
        input.Pipe("k", "b", 2);
        driver.Output<string, string>("out").Read().Select(r => $"{r.Key}={r.Value}").Should().BeEquivalentTo("k=a", "a=a", "k=b", "b=b");
    }

    [Fact]
    public void Without_a_width_it_is_refused_with_the_remedy()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Merge(stream.SelectKey((_, value) => value).Repartition(new() { Name = "by-value" })).To("out");
        var topology = builder.Build();
        FluentActions.Invoking(() => new TopologyTestDriver(topology)).Should().Throw<TopologyException>().WithMessage("*'by-value-repartition' feed*number of partitions*");
    }
}
