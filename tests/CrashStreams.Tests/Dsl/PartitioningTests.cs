using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Which partition a result goes to.</summary>
public class PartitioningTests
{
    private const int Partitions = 8;

    [Fact]
    public void All_windows_of_a_key_go_where_the_key_itself_goes()
    {
        var builder = new StreamsBuilder();
        var size = TimeSpan.FromMilliseconds(10);
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(size)).Count("c").ToStream()
            .To("out", new() { KeySerde = Serdes.TimeWindowed(Serdes.String, size) });
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["in"] = 1 });
        driver.Log.Create("out", Partitions);
        for (var i = 0; i < 200; i++)
            driver.Input<string, string>("in").Pipe($"k{i % 5}", "x", i * 10);
        var results = driver.Read("out");
        results.Should().HaveCount(200);
        foreach (var result in results)
            result.Partition.Should().Be(Murmur2.Partition(result.Key.AsSpan()[..^8], Partitions));
    }

    [Fact]
    public void A_partitioner_of_the_users_own_decides()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out", new() { Partitioner = (_, value, count) => value.Length % count });
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Log.Create("out", Partitions);
        driver.Input<string, string>("in").Pipe("k", "abc", 0);
        driver.Input<string, string>("in").Pipe("k", "abcdefghi", 0);
        driver.Read("out").Select(r => r.Partition).Should().Equal(1, 3);
    }

    [Fact]
    public void One_that_chooses_a_partition_that_is_not_there_is_a_fault_of_its_sink()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out", new() { Name = "results", Partitioner = (_, _, count) => count });
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Invoking(d => d.Input<string, string>("in").Pipe("k", "v", 0)).Should().Throw<ProcessingException>()
            .WithMessage("Processing fault at 'results'*partition 1 of topic 'out', which has 1*");
    }
}
