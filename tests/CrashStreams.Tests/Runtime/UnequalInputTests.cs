using System.Collections.Concurrent;
using CrashStreams.Log;
using CrashStreams.Testing;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Runtime;

/// <summary>Inputs of different widths, and partitions that come and go one by one.</summary>
public sealed class UnequalInputTests
{
    private const int PerPartition = 30;

    [Fact]
    public void Every_partition_of_a_merge_is_read_whoever_gets_it()
    {
        Violations(40, a: 4, b: 2, b => b.Stream<string, string>("a").Merge(b.Stream<string, string>("b")).To("out"), Counted(6)).Should().BeEmpty();
    }

    [Fact]
    public void Every_partition_of_a_source_with_two_topics_is_read()
    {
        Violations(20, a: 2, b: 3, b => b.Stream<string, string>(["a", "b"]).To("out"), Counted(5)).Should().BeEmpty();
    }

    [Fact]
    public void Windows_behind_a_merge_of_unequal_inputs_close_with_what_all_of_their_partitions_hold()
    {
        Violations(40, a: 4, b: 2, b => b.Stream<string, string>("a").Merge(b.Stream<string, string>("b"))
            .GroupBy((_, v) => v, new() { Name = "by-value" })
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream().Map((k, n) => (k.Key, $"{k.Window.StartMs}={n}")).To("out"), Windowed).Should().BeEmpty();
    }

    [Fact]
    public void A_stateful_side_of_a_merge_keeps_its_state()
    {
        Violations(40, a: 2, b: 4, b => b.Stream<string, string>("a").GroupByKey().Count("counts").ToStream().MapValues(n => $"{n}").Merge(b.Stream<string, string>("b")).To("out"), (results, violations) =>
        {
            foreach (var partition in new[] { 0, 1 })
            {
                var counts = results.Where(r => r.Key == $"a{partition}").Select(r => r.Value);
                counts.Should().Equal(Enumerable.Range(1, PerPartition).Select(n => $"{n}"));
            }

            results.Count(r => r.Key[0] == 'b').Should().Be(4 * PerPartition);
        }).Should().BeEmpty();
    }

    [Fact]
    public void Partitions_that_come_one_by_one_lose_nothing()
    {
        Violations(100, a: 3, b: 3, b => b.Stream<string, string>("a").Merge(b.Stream<string, string>("b")).To("out"), Counted(6), partial: 0.7).Should().BeEmpty();
    }

    [Fact]
    public void Tasks_with_state_whose_partitions_come_one_by_one_lose_nothing()
    {
        Violations(100, a: 3, b: 3, b => b.Stream<string, string>("a").Merge(b.Stream<string, string>("b")).MapValues(v => v).GroupByKey().Count("counts").ToStream().MapValues(n => $"{n}").To("out"), (results, _) =>
        {
            foreach (var key in results.Select(r => r.Key).Distinct())
                results.Where(r => r.Key == key).Select(r => r.Value).Should().Equal(Enumerable.Range(1, PerPartition).Select(n => $"{n}"));
            results.Count.Should().Be(6 * PerPartition);
        }, partial: 0.7).Should().BeEmpty();
    }

    [Fact]
    public void Inputs_of_one_store_must_be_of_equal_width_and_the_error_names_both()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("a").Merge(builder.Stream<string, string>("b")).GroupByKey().Count("counts");
        Starting(builder, new() { ["a"] = 4, ["b"] = 2 }).Should().Throw<TopologyException>()
            .WithMessage("*'a' (4 partitions)*'b' (2 partitions)*'counts'*same number of partitions*Repartition*");
    }

    [Fact]
    public void Inputs_of_a_store_that_two_processors_share_must_be_of_equal_width()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(["a", "b"]).GroupByKey().Count("counts");
        Starting(builder, new() { ["a"] = 1, ["b"] = 2 }).Should().Throw<TopologyException>().WithMessage("*'a' (1 partition*'b' (2 partitions)*");
    }

    [Fact]
    public void A_store_behind_one_of_two_unequal_inputs_is_asked_by_its_own_width()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("a").GroupByKey().Count("counts").ToStream().MapValues(n => $"{n}").Merge(builder.Stream<string, string>("b")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["a"] = 2, ["b"] = 5 });
        driver.Pipe("a", "k"u8.ToArray(), "v"u8.ToArray(), 1, partition: 1);
        driver.KeyValueStore<string, long>("counts", partition: 1).TryGet("k", out var count).Should().BeTrue();
        count.Should().Be(1);
        driver.Thread.Tasks.Select(t => t.Id).Should().Equal(Enumerable.Range(0, 7).Select(n => new TaskId(0, n)));
        driver.Thread.Tasks.Where(t => t.Context.Stores.Count > 0).Should().HaveCount(2, "the tasks of the other input have no use for it");
    }

    private static Func<TopologyTestDriver> Starting(StreamsBuilder builder, Dictionary<string, int> partitions) => () => new(builder.Build(), partitions: partitions);

    private static Action<List<(string Key, string Value)>, List<string>> Counted(int partitions) => (results, _) =>
    {
        var byPartition = results.GroupBy(r => r.Key).ToList();
        byPartition.Should().HaveCount(partitions, "each partition has records");
        foreach (var partition in byPartition)
            partition.Select(r => r.Value).Should().Equal(Enumerable.Range(0, PerPartition).Select(n => $"{n}"), "each record of {0} comes once, in its order", partition.Key);
    };

    private static void Windowed(List<(string Key, string Value)> results, List<string> violations)
    {
        // Six partitions have a record of each value in the same second; the last windows wait for a later record.
        results.Should().OnlyHaveUniqueItems();
        results.Should().OnlyContain(r => r.Value.EndsWith("=6", StringComparison.Ordinal));
        results.Should().HaveCount(PerPartition - 1);
    }

    /// <summary>Runs seeds under exactly-once with crashes and rebalances. Answers what was wrong.</summary>
    private static IReadOnlyList<string> Violations(
        int seeds, int a, int b, Action<StreamsBuilder> build, Action<List<(string Key, string Value)>, List<string>> check, double partial = 0.2)
    {
        var violations = new ConcurrentQueue<string>();
        new Seeds(1, seeds).ForEach(seed =>
        {
            var builder = new StreamsBuilder();
            build(builder);
            var random = new SimulationRandom((ulong)seed);
            var start = DateTimeOffset.UnixEpoch.AddDays(20_000);
            var input = new List<SimulatedInput>();
            foreach (var at in Enumerable.Range(0, a).Select(p => new TopicPartition("a", p)).Concat(Enumerable.Range(0, b).Select(p => new TopicPartition("b", p))))
            {
                for (var n = 0; n < PerPartition; n++)
                    input.Add(new(at, TestInput.Bytes($"{at.Topic}{at.Partition}"), TestInput.Bytes($"{n}"), start.ToUnixTimeMilliseconds() + (n * 1_000), start.ToUnixTimeMilliseconds() + (n * 100)));
            }

            var plan = SimulationPlan.Of(random.Fork()) with { PartialAssignmentRate = partial, Instances = random.Between(2, 4), IsEager = seed % 5 == 0 };
            var simulation = new CrashStreams.Testing.Simulation.Simulation(random, new()
            {
                Topology = builder.Build(),
                Options = new() { ApplicationId = "app", Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMilliseconds(plan.CommitIntervalMs) }, PollWait = TimeSpan.Zero },
                Plan = plan,
                Input = input,
                ExternalTopics = new Dictionary<string, int> { ["a"] = a, ["b"] = b, ["out"] = 1 },
                StartTime = start,
                ChaosSteps = 400,
            });
            simulation.Run();
            var found = new List<string>(simulation.Violations);
            try
            {
                var results = simulation.Cluster.Partition(new("out", 0)).Committed().Select(e => (Serdes.String.Deserialize(e.Entry.Key!), Serdes.String.Deserialize(e.Entry.Value!))).ToList();
                check(results, found);
                var topics = simulation.Cluster.Group.CommittedOffsets.Where(c => c.Key.Topic is "a" or "b").ToList();
                topics.Should().HaveCount(a + b).And.OnlyContain(c => c.Value.Offset == PerPartition);
            }
            catch (Xunit.Sdk.XunitException e)
            {
                found.Add(e.Message);
            }

            foreach (var violation in found)
                violations.Enqueue($"seed {seed}: {violation}");
        });
        return [.. violations];
    }
}
