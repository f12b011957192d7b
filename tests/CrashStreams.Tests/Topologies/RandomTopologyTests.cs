using System.Collections.Concurrent;
using System.Globalization;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Any topology that the DSL can express gives, whatever goes wrong, what the ideal live run gives: drawn at random with inputs and faults. More seeds:
/// <c>./build.sh sim topologies --seeds N --from S</c>; one alone tells its topology and every step, and what is left of it when all that can go is gone.
/// </summary>
public class RandomTopologyTests
{
    private const int DefaultSeeds = 400;

    [Fact]
    public void No_fault_changes_the_results_of_a_random_topology()
    {
        var seeds = Seeds.Of(DefaultSeeds);
        var failed = new ConcurrentDictionary<int, string>();
        var (compared, done) = (0L, 0);
        seeds.ForEach(seed =>
        {
            var outcome = RunSafely(TopologyCase.Of((ulong)seed, Seeds.GuaranteeOf(seed)), static run => run.Run());
            Interlocked.Add(ref compared, outcome.Compared);
            if (outcome.Violations.Count > 0)
                failed[seed] = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {Seeds.GuaranteeOf(seed)}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}");
            if (Interlocked.Increment(ref done) % 1000 == 0 && Seeds.AreGiven)
                Console.Error.WriteLine($"random topologies: {done} of {seeds.Count} runs, {failed.Count} failed");
        });

        Console.Error.WriteLine($"Simulated: random topologies, seeds {seeds.From} to {seeds.Last}, {done} runs, {compared} rows compared, {failed.Count} failed");
        failed.OrderBy(static f => f.Key).Take(40).ToList().ForEach(static f => Console.Error.WriteLine(f.Value));
        if (Seeds.AreGiven && seeds.Count == 1)
            Tell(seeds.From);
        else if (!failed.IsEmpty)
            Console.Error.WriteLine(Shrinking.Of(TopologyCase.Of((ulong)failed.Keys.Min(), Seeds.GuaranteeOf(failed.Keys.Min())), static drawn => RunSafely(drawn, static run => run.Run())));
        failed.Values.Should().BeEmpty();
        if (!Seeds.AreGiven)
            compared.Should().BePositive();
    }

    /// <summary>A topology that can't be built, or an interpreter that fails, fails its seed and no other.</summary>
    internal static TopologyOutcome RunSafely(TopologyCase drawn, Func<TopologyCase, TopologyOutcome> run)
    {
        try
        {
            return run(drawn);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new([$"{e}"], 0, []);
        }
    }

    private static void Tell(int seed)
    {
        var run = TopologyCase.Of((ulong)seed, Seeds.GuaranteeOf(seed));
        Console.Error.WriteLine(run);
        var outcome = run.Run(keepsTrace: true);
        outcome.Trace.Concat(outcome.Violations).ToList().ForEach(Console.Error.WriteLine);
        if (outcome.Violations.Count > 0)
            Console.Error.WriteLine(Shrinking.Of(run, static drawn => RunSafely(drawn, static r => r.Run())));
    }
}
