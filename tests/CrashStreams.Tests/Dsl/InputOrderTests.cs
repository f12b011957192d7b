using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

public class InputOrderTests
{
    [Fact]
    public void A_task_with_two_inputs_takes_the_older_record_first()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var (topic, time) in new[] { ("left", 1), ("left", 5), ("left", 9), ("right", 2), ("right", 4), ("right", 8) })
            driver.Append(topic, null, [(byte)time], time);
        driver.Settle();
        driver.Read("out").Select(r => r.Timestamp).Should().Equal(1, 2, 4, 5, 8, 9);
    }

    [Fact]
    public void A_topology_is_drawn_as_Mermaid()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupBy((_, v) => v, new() { Name = "by-value" }).Count("counts").ToStream().To("out");
        builder.Build().ToMermaid().Should().StartWith("flowchart LR").And.Contain("topic_in([\"in\"])").And.Contain("store_counts[(\"counts\")]").And.Contain("topic_out");
    }

    [Fact]
    public void Generated_names_that_carry_state_are_warned_of()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupBy((_, v) => v).Count().ToStream().To("out");
        builder.Build().Warnings.Should().HaveCount(2).And.Contain(w => w.Contains("STATE-STORE")).And.Contain(w => w.Contains("-repartition"));
    }
}
