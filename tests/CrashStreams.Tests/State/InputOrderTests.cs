using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

public class InputOrderTests
{
    private const int Waiting = 40_000;

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void Records_that_waited_over_a_commit_and_go_all_at_once_cost_what_they_cost_to_come(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        var seen = new List<string>();
        builder.Stream<string, string>("in").Repartition(new() { Name = "shuffled", Partitions = 1 }).InEventTimeOrder("ordered").ForEach((_, value) => seen.Add(value));
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { ApplicationId = "app", Delivery = { Guarantee = guarantee } }, partitions: new Dictionary<string, int> { ["in"] = 2 });

        // The other partition has said nothing yet: all wait.
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Waiting; i++)
            driver.Append("in", "k"u8.ToArray(), Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)), timestamp: i, partition: 0);
        driver.Settle();
        var coming = Stopwatch.GetElapsedTime(began);
        seen.Should().BeEmpty();
        began = Stopwatch.GetTimestamp();
        driver.Append("in", "k"u8.ToArray(), "last"u8.ToArray(), timestamp: 2 * Waiting, partition: 1);
        driver.Append("in", "k"u8.ToArray(), "last"u8.ToArray(), timestamp: 2 * Waiting, partition: 0);
        driver.Settle();

        seen.Should().HaveCount(Waiting).And.Equal(Enumerable.Range(0, Waiting).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        // When each had looked through those that had gone before it, it was fifty times as long.
        Stopwatch.GetElapsedTime(began).Should().BeLessThan(10 * coming);
    }
}
