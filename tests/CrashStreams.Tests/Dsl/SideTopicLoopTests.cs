using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Late records and dead letters that would come back.</summary>
public class SideTopicLoopTests
{
    [Theory]
    [InlineData("in", "which the topology reads")]
    [InlineData("again", "which the topology reads")]
    [InlineData("app-by-value-repartition", "one of the application's own topics")]
    [InlineData("app-counts-changelog", "one of the application's own topics")]
    [InlineData("app-sessions-order-changelog", "one of the application's own topics")]
    [InlineData("app-instances", "one of the application's own topics")]
    public void A_side_topic_that_is_read_or_owned_is_refused_before_anything_runs(string topic, string why)
    {
        foreach (var options in new StreamsOptions[]
        {
            new() { ApplicationId = "app", Faults = { DeadLetterTopic = topic, OnDeserialization = FaultResponse.DeadLetter } },
            new() { ApplicationId = "app", Time = { LateTopic = topic } },
        })
        {
            var log = new MemoryLog();
            var starting = () => new StreamsApplication(Build(), options, new MemoryLogClients(log));
            starting.Should().Throw<TopologyException>().WithMessage($"*'{topic}'*{why}*");
            log.Topics.Should().BeEmpty("nothing was created");
            var driving = () => new TopologyTestDriver(Build(), options);
            driving.Should().Throw<TopologyException>().WithMessage($"*'{topic}'*{why}*");
        }
    }

    [Theory]
    [InlineData("dead")]
    [InlineData("out")]
    [InlineData("app-dead")]
    public void Any_other_topic_will_do(string topic)
    {
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", Faults = { DeadLetterTopic = topic }, Time = { LateTopic = topic } });
    }

    private static Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupBy((_, v) => v, new() { Name = "by-value" }).Count("counts").ToStream().MapValues(n => $"{n}").To("again");
        var again = builder.Stream<string, string>("again");
        again.To("out");
        again.GroupByKey().WindowedBy(SessionWindows.OfInactivityGapWithNoGrace(TimeSpan.FromSeconds(1))).Count("session-counts", "sessions");
        return builder.Build();
    }
}
