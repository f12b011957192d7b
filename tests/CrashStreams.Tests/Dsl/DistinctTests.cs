using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Records that were there before.</summary>
public class DistinctTests
{
    private static readonly TimeSpan _ten = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void Records_that_follow_within_the_span_are_dropped_and_later_ones_are_kept()
    {
        using var driver = Driver(static stream => stream.DistinctWithin(_ten, "distinct"));
        Pipe(driver, ("a", "1", 1), ("a", "2", 10), ("b", "3", 10), ("a", "4", 11), ("a", "5", 20), ("z", "6", 40));

        Values(driver).Should().Equal("1", "3", "4");
    }

    [Fact]
    public void The_first_in_event_time_is_kept_whatever_arrives_first()
    {
        using var driver = Driver(static stream => stream.DistinctWithin(_ten, "distinct"), partitions: 2);
        driver.Append("in", "a"u8.ToArray(), "second"u8.ToArray(), 5, partition: 0);
        driver.Append("in", "a"u8.ToArray(), "first"u8.ToArray(), 1, partition: 1);
        driver.Append("in", "z"u8.ToArray(), "z"u8.ToArray(), 40, partition: 0);
        driver.Append("in", "z"u8.ToArray(), "z"u8.ToArray(), 40, partition: 1);
        driver.Settle();

        Values(driver).Should().Contain("first").And.NotContain("second");
    }

    [Fact]
    public void Ids_are_compared_and_survive_a_restart()
    {
        using var driver = Driver(static stream => stream.DistinctWithin(static (_, value) => value[..1], _ten, name: "distinct"));
        Pipe(driver, ("k", "a1", 1), ("k", "b1", 2), ("z", "z1", 4));
        driver.Restart(isCrash: true);
        Pipe(driver, ("k", "a2", 5), ("k", "c1", 6), ("z", "y1", 40));

        Values(driver).Should().Equal("a1", "b1", "z1", "c1");
    }

    [Fact]
    public void What_comes_later_than_the_span_is_late()
    {
        using var driver = Driver(static stream => stream.DistinctWithin(_ten, "distinct"));
        Pipe(driver, ("a", "1", 50), ("b", "2", 40), ("b", "3", 41), ("z", "4", 80));

        Values(driver).Should().Equal("3", "1");
        driver.Dropped.Should().Contain("late", 1);
    }

    [Fact]
    public void A_changed_key_is_repartitioned_in_front()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").SelectKey(static (_, value) => value).DistinctWithin(_ten, "distinct").To("out");
        builder.Build().RepartitionTopics.Keys.Should().Equal("distinct-repartition");
    }

    // The key decides the partition: with two, records of one key from both have to meet, so it is repartitioned.
    private static TopologyTestDriver Driver(Func<KStream<string, string>, KStream<string, string>> distinct, int partitions = 1)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        distinct(partitions == 1 ? stream : stream.Repartition(new() { Name = "together" })).To("out");
        return new(builder.Build(), partitions: new Dictionary<string, int> { ["in"] = partitions });
    }

    private static void Pipe(TopologyTestDriver driver, params (string Key, string Value, long Time)[] records)
    {
        foreach (var (key, value, time) in records)
            driver.Input<string, string>("in").Pipe(key, value, time);
    }

    private static IEnumerable<string> Values(TopologyTestDriver driver) => driver.Output<string, string>("out").Read().Select(static r => r.Value);
}
