using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Simplified topologies give what those give that run as they were declared.</summary>
public class TopologyRewriteTests
{
    [Theory]
    [InlineData(StreamTime.Watermarks)]
    [InlineData(StreamTime.Observed)]
    public void A_join_of_a_stream_with_itself_needs_one_store(StreamTime clock)
    {
        var (declared, rewritten) = (SelfJoin(TopologyRewrites.None, 500), SelfJoin(TopologyRewrites.SelfJoins, 500));
        StoresOf(declared).Should().Equal("joined-this-join-store", "joined-other-join-store");
        StoresOf(rewritten).Should().Equal("joined-this-join-store");
        rewritten.Describe().Should().Be("""
            Topologies:
               Sub-topology: 0
                Source: KSTREAM-SOURCE-0000000000 (topics: [in])
                  --> joined-this-windowed
                Processor: joined-this-windowed (stores: [joined-this-join-store])
                  --> joined-merge
                  <-- KSTREAM-SOURCE-0000000000
                Processor: joined-merge (stores: [joined-this-join-store])
                  --> KSTREAM-SINK-0000000006
                  <-- joined-this-windowed
                Sink: KSTREAM-SINK-0000000006 (topic: out)
                  <-- joined-merge


            """);
        Results(rewritten, clock).Should().Equal(Results(declared, clock)).And.HaveCountGreaterThan(200);
    }

    [Fact]
    public void One_in_windows_that_reach_further_to_one_side_is_left_as_it_is() =>
        StoresOf(SelfJoin(TopologyRewrites.All, 499)).Should().HaveCount(2);

    [Fact]
    public void Aggregations_of_a_grouped_stream_share_a_repartition_topic_or_have_each_their_own()
    {
        var (shared, declared) = (Grouped(TopologyRewrites.SharedRepartitionTopics), Grouped(TopologyRewrites.None));
        shared.RepartitionTopics.Keys.Should().Equal("first-repartition");
        declared.RepartitionTopics.Keys.Should().Equal("first-repartition", "second-repartition");
        Grouped(TopologyRewrites.None, "by").RepartitionTopics.Keys.Should().Equal("by-repartition");
        foreach (var topic in new[] { "counts", "last" })
            Results(declared, StreamTime.Watermarks, topic).Should().BeEquivalentTo(Results(shared, StreamTime.Watermarks, topic)).And.NotBeEmpty();
    }

    [Fact]
    public void Changing_the_rewrites_of_a_running_application_is_a_change_of_its_topology()
    {
        TopologyCompatibility.Compare(SelfJoin(TopologyRewrites.None, 500), SelfJoin(TopologyRewrites.All, 500)).Should().NotBeEmpty();
        TopologyCompatibility.Compare(Grouped(TopologyRewrites.None), Grouped(TopologyRewrites.All)).Should().NotBeEmpty();
    }

    private static Topology SelfJoin(TopologyRewrites rewrites, int afterMs)
    {
        var builder = new StreamsBuilder(rewrites);
        var stream = builder.Stream<string, string>("in");
        stream.Join(stream, static (left, right) => $"{left}+{right}", JoinWindows.OfTimeDifferenceAndGrace(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1)).After(TimeSpan.FromMilliseconds(afterMs)), new() { Name = "joined", StoreName = "joined" })
            .To("out");
        return builder.Build();
    }

    private static Topology Grouped(TopologyRewrites rewrites, string? name = null)
    {
        var builder = new StreamsBuilder(rewrites);
        var grouped = builder.Stream<string, string>("in").SelectKey(static (_, value) => value?[..2] ?? "none").GroupByKey(new() { Name = name });
        grouped.Count("first").ToStream().MapValues(static n => $"{n}").To("counts");
        grouped.Reduce(static (_, last) => last, "second").ToStream().To("last");
        return builder.Build();
    }

    private static IEnumerable<string> StoresOf(Topology topology) => topology.SubTopologies.SelectMany(static s => s.StoresFor(StreamTime.Observed)).Select(static s => s.Name);

    // Out of order, late, several at one time, some without key or value.
    private static List<(string?, string?, long)> Results(Topology topology, StreamTime clock, string output = "out")
    {
        using var driver = new TopologyTestDriver(topology, new() { ApplicationId = "app", Time = { Clock = clock } });
        var (input, random) = (driver.Input<string, string>("in"), new Random(3));
        for (var i = 0; i < 200; i++)
            input.Pipe(random.Next(20) == 0 ? null! : $"k{random.Next(3)}", random.Next(20) == 0 ? null! : $"v{i}", 5_000 + (i * 60) - (random.Next(10) == 0 ? random.Next(4_000) : random.Next(5) * 60));
        return [.. driver.Output<string, string>(output).Read().Select(static r => ((string?)r.Key, (string?)r.Value, r.Timestamp))];
    }
}
