using System.Collections.Concurrent;
using CrashStreams.Testing;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Operators whose result depends on the order, behind ordered input, over two topics of 12 partitions that are merged and shuffled, 1 to 5 instances, crashes, stops and restarts: byte
/// for byte the ideal run, every update of the last value and of the running text. More seeds: <c>./build.sh sim order</c>.
/// </summary>
public class OrderedInputTests
{
    private const int DefaultSeeds = 60;
    private const int Partitions = 12;

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void An_operator_whose_result_depends_on_the_order_gives_what_the_ideal_run_gives(ProcessingGuarantee guarantee)
    {
        var (failed, compared) = (new ConcurrentQueue<string>(), 0L);
        Seeds.Of(DefaultSeeds).ForEach(seed =>
        {
            var outcome = RandomTopologyTests.RunSafely(CaseOf((ulong)seed, guarantee), static run => run.Run());
            Interlocked.Add(ref compared, outcome.Compared);
            if (outcome.Violations.Count > 0)
                failed.Enqueue($"seed {seed}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}");
        });
        Console.Error.WriteLine($"Simulated: ordered input, {guarantee}, {compared} rows compared, {failed.Count} failed");
        failed.Should().BeEmpty();
        compared.Should().BePositive();
    }

    [Fact]
    public void Crashes_under_at_least_once_repeat_updates_of_the_last_value_and_lose_none()
    {
        var (failed, compared, crashed) = (new ConcurrentQueue<string>(), 0L, 0);
        Seeds.Of(DefaultSeeds).ForEach(seed =>
        {
            var drawn = CaseOf((ulong)seed, ProcessingGuarantee.AtLeastOnce, isCalm: false, FoldKind.Latest);
            crashed += drawn.Plan.CrashRate > 0 ? 1 : 0;
            var outcome = RandomTopologyTests.RunSafely(drawn, static run => run.Run());
            Interlocked.Add(ref compared, outcome.Compared);
            if (outcome.Violations.Count > 0)
                failed.Enqueue($"seed {seed}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}");
        });
        failed.Should().BeEmpty();
        compared.Should().BePositive();
        if (!Seeds.AreGiven)
            crashed.Should().BePositive();
    }

    [Fact]
    public void Without_ordered_input_it_does_not()
    {
        var differs = Enumerable.Range(1, DefaultSeeds).Any(seed => RandomTopologyTests.RunSafely(
            CaseOf((ulong)seed, ProcessingGuarantee.ExactlyOnce), static run => run.Run(faulty: typeof(InEventTimeOrder))).Violations.Count > 0);
        differs.Should().BeTrue("the order between partitions is another one in each run");
    }

    [Fact]
    public void Records_wait_for_the_slowest_partition_and_no_longer()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").InEventTimeOrder("order").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var (input, output) = (driver.Input<string, string>("in"), driver.Output<string, string>("out"));
        input.Pipe("a", "1", 1_000);
        input.Pipe("a", "2", 900);
        output.Read().Should().BeEmpty();
        input.Pipe("a", "3", 1_001);
        output.Read().Select(static r => r.Value).Should().Equal("2", "1");
    }

    [Fact]
    public void Both_copies_of_a_record_get_through_when_one_has_waited_before()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.InEventTimeOrder("first").Merge(stream).InEventTimeOrder("second").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        foreach (var time in new[] { 1, 2, 3 })
            input.Pipe("a", $"{time}", time);
        driver.Output<string, string>("out").Read().Select(static r => r.Value).Should().Equal("1", "1", "2", "2");
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void A_record_and_the_result_of_its_call_both_get_through(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.MapAsync(Called, new() { MaxConcurrency = 10 }).Merge(stream).InEventTimeOrder("order").To("out");
        Ordered(builder, guarantee).Should().Equal("1", "called 1", "2", "called 2");
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void Calls_between_two_ordered_inputs_are_waited_for_at_each_instant(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").InEventTimeOrder("first").MapAsync(Called, new() { MaxConcurrency = 10 }).InEventTimeOrder("second").To("out");
        Ordered(builder, guarantee).Should().Equal("called 1", "called 2");
    }

    // All at once: the clock jumps over the instants of all but the last.
    private static IEnumerable<string?> Ordered(StreamsBuilder builder, ProcessingGuarantee guarantee)
    {
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Delivery = { Guarantee = guarantee } });
        foreach (var time in new[] { 1, 2, 3 })
            driver.Append("in", "a"u8.ToArray(), TestInput.Bytes($"{time}"), timestamp: time);
        driver.Settle();
        return driver.Output<string, string>("out").Read().Select(static r => r.Value);
    }

    private static async Task<string> Called(string key, string value, CancellationToken cancellation)
    {
        await Task.Yield();
        return $"called {value}";
    }

    private static TopologyCase CaseOf(ulong seed, ProcessingGuarantee guarantee, bool? isCalm = null, params IReadOnlyList<FoldKind> folds)
    {
        var random = new SimulationRandom(seed ^ 0x02DE);
        var description = Sketch.OrderSensitive(random.Fork(), Partitions, folds.Count > 0 ? folds : [FoldKind.Latest, FoldKind.Running]);
        var drawn = TopologyCase.Of(seed, guarantee, random, description);
        var plan = drawn.Plan with { Instances = random.Between(1, 5), LostOffsets = 0, StrangerRate = null };
        return drawn with { Plan = isCalm ?? guarantee == ProcessingGuarantee.AtLeastOnce ? Calm(plan) : plan };
    }

    // Under at-least-once a crash repeats records, and then a running text too: without crashes it is exact, whoever reads what.
    private static SimulationPlan Calm(SimulationPlan plan) => plan with { CrashRate = 0, PauseRate = 0, ErrorRate = 0, MissedEpochRate = 0 };
}
