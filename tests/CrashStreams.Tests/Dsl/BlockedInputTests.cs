using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>A task with several inputs, one of which brings nothing although it has something.</summary>
public class BlockedInputTests
{
    [Fact]
    public void Records_wait_for_an_input_that_is_behind_and_come_in_order_then()
    {
        using var driver = Merging();
        driver.Log.Unavailable.Add(new("left", 0));
        Append(driver, "left", 5);
        Append(driver, "right", 3);
        Append(driver, "right", 9);
        driver.Settle();
        driver.Read("out").Should().BeEmpty();
        driver.Log.Unavailable.Clear();
        driver.Settle();
        driver.Read("out").Select(r => r.Timestamp).Should().Equal(3, 5, 9);
    }

    [Fact]
    public void An_input_that_waits_for_a_blocked_one_does_not_fill_the_memory()
    {
        using var driver = Merging();
        driver.Log.Unavailable.Add(new("left", 0));
        Append(driver, "left", 15_000);
        for (var time = 0; time < 30_000; time++)
            Append(driver, "right", time);
        driver.Settle();
        driver.Thread.Tasks.Single().Inputs.Sum(i => i.Buffer.Count).Should().BeInRange(StreamThread.MaxBuffered, StreamThread.MaxBuffered + 1000);

        driver.Log.Unavailable.Clear();
        driver.Settle();
        driver.Read("out").Should().HaveCount(30_001).And.BeInAscendingOrder(r => r.Timestamp);
    }

    [Fact]
    public void A_source_topic_that_grew_while_the_application_runs_stops_it_and_says_what_to_do()
    {
        using var driver = Merging();
        IAssignmentListener thread = driver.Thread;
        thread.Invoking(t => t.Assigned([new("left", 1)])).Should().Throw<TopologyException>().WithMessage("Topic 'left' has got more partitions: 1 when this instance started, and at least 2 now*Restart*");
    }

    private static void Append(TopologyTestDriver driver, string topic, long time) => driver.Append(topic, null, [1], time);

    private static TopologyTestDriver Merging()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).To("out");
        return new(builder.Build());
    }
}
