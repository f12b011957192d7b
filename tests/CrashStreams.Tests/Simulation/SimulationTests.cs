using System.Collections.Concurrent;
using System.Globalization;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>
/// Whatever goes wrong, results agree with the oracle. More seeds: <c>./build.sh sim --seeds N --from S</c>.
/// </summary>
public class SimulationTests
{
    private const int WarmSeeds = 200;
    private const int CopySeeds = 200;
    private const int PositionSeeds = 100;

    private static Scenario ScenarioOf(string name) => name switch
    {
        "crash monitor" => new CrashMonitorScenario(),
        "two shuffles" => new TwoShufflesScenario(),
        "corrections" => new CorrectionsScenario(),
        "refused" => new RefusedScenario(),
        _ => new TableScenario(),
    };

    /// <summary>One seed is one run of the scenario under one guarantee: odd seeds exactly-once, even ones at-least-once.</summary>
    [Theory]
    [InlineData("crash monitor", 10_000)]
    [InlineData("two shuffles", 10_000)]
    [InlineData("table", 2_000)]
    [InlineData("corrections", 1_000)]
    [InlineData("refused", 500)]
    public void No_fault_changes_the_results(string scenario, int defaultSeeds)
    {
        var seeds = Seeds.Of(defaultSeeds);
        var failed = new ConcurrentQueue<string>();
        long results = 0;
        var done = 0;
        seeds.ForEach(seed =>
        {
            var outcome = ScenarioOf(scenario).Run((ulong)seed, Seeds.GuaranteeOf(seed), keepsTrace: Seeds.AreGiven && seeds.Count == 1);
            outcome.Trace.Concat(outcome.Trace.Count > 0 ? outcome.Violations : []).ToList().ForEach(Console.Error.WriteLine);
            Interlocked.Add(ref results, outcome.Results);
            if (outcome.Violations.Count > 0)
                failed.Enqueue(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {Seeds.GuaranteeOf(seed)}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}"));
            if (Interlocked.Increment(ref done) % 1000 == 0 && Seeds.AreGiven)
                Console.Error.WriteLine($"{scenario}: {done} of {seeds.Count} runs, {failed.Count} failed");
        });

        Console.Error.WriteLine($"Simulated: {scenario}, seeds {seeds.From} to {seeds.Last}, {done} runs, {failed.Count} failed");
        failed.Take(40).ToList().ForEach(Console.Error.WriteLine);
        failed.Should().BeEmpty();
        done.Should().Be(seeds.Count);
        if (!Seeds.AreGiven)
            results.Should().BePositive();
    }

    [Theory]
    [InlineData("crash monitor")]
    [InlineData("two shuffles")]
    [InlineData("table")]
    [InlineData("corrections")]
    public void Warm_copies_change_nothing_but_the_time_that_a_restore_takes(string scenario)
    {
        var failed = new ConcurrentQueue<string>();
        var seeds = Seeds.Of(WarmSeeds);
        seeds.ForEach(seed =>
        {
            var outcome = ScenarioOf(scenario).Run(
                (ulong)seed, Seeds.GuaranteeOf(seed), keepsTrace: Seeds.AreGiven && seeds.Count == 1, alter: p => p with { StandbyReplicas = 1, Instances = Math.Max(2, p.Instances) });
            outcome.Trace.Concat(outcome.Trace.Count > 0 ? outcome.Violations : []).ToList().ForEach(Console.Error.WriteLine);
            if (outcome.Violations.Count > 0)
                failed.Enqueue($"seed {seed}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}");
        });
        failed.Should().BeEmpty();
    }

    [Theory]
    [InlineData("crash monitor")]
    [InlineData("table")]
    public void Changelogs_that_were_copied_to_new_topics_while_nobody_ran_change_nothing(string scenario)
    {
        for (var seed = 1; seed <= CopySeeds; seed++)
        {
            ScenarioOf(scenario).Run((ulong)seed, Seeds.GuaranteeOf(seed), alter: p => p with { CopiesChangelogs = true }, disk: Disk.Always)
                .Violations.Should().BeEmpty("of seed {0}", seed);
        }
    }

    /// <summary>Expired or deleted, all of them or some: the state is built again, and nothing is counted too high or left out in the end.</summary>
    [Theory]
    [InlineData("crash monitor", 1)]
    [InlineData("crash monitor", 0.3)]
    [InlineData("two shuffles", 1)]
    [InlineData("two shuffles", 0.3)]
    [InlineData("table", 1)]
    public void Offsets_that_are_gone_while_the_state_is_there_lose_nothing(string scenario, double share) => CheckPositions(scenario, p => p with { LostOffsets = share });

    [Theory]
    [InlineData("crash monitor", 0.0)]
    [InlineData("crash monitor", 0.3)]
    [InlineData("two shuffles", 0.3)]
    public void A_stranger_in_the_group_loses_nothing_whether_it_commits_or_not(string scenario, double commitRate) =>
        CheckPositions(scenario, p => p with { StrangerRate = commitRate });

    private static void CheckPositions(string scenario, Func<SimulationPlan, SimulationPlan> alter)
    {
        var failed = new ConcurrentQueue<string>();
        Seeds.Of(PositionSeeds).ForEach(seed =>
        {
            var outcome = ScenarioOf(scenario).Run((ulong)seed, Seeds.GuaranteeOf(seed), alter: alter);
            if (outcome.Violations.Count > 0)
                failed.Enqueue($"seed {seed}: {outcome.Violations.Count} violations, first: {outcome.Violations[0]}");
        });
        failed.Should().BeEmpty();
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void An_instance_that_slept_does_not_take_its_inputs_for_idle(ProcessingGuarantee guarantee) =>
        Check(guarantee, Calm with { PauseRate = 0.003, SessionTimeoutMs = 15_000 });

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void An_instance_that_was_suspended_for_minutes_goes_on_where_it_was(ProcessingGuarantee guarantee) =>
        Check(guarantee, Calm with { PauseRate = 0.003, SessionTimeoutMs = 120_000, TransactionTimeoutMs = 400_000, MaxStepMs = 600 }, seeds: 30);

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void Partitions_that_come_and_go_while_they_are_restored_lose_nothing(ProcessingGuarantee guarantee) =>
        Check(guarantee, Calm with { Instances = 3, StopRate = 0.02, MaxPollRecords = 3 });

    [Theory]
    [InlineData("crash monitor", 5172)]
    [InlineData("crash monitor", 5496)]
    [InlineData("two shuffles", 5096)]
    [InlineData("two shuffles", 5338)]
    public void Every_transaction_can_be_fenced(string scenario, int seed) =>
        ScenarioOf(scenario).Run((ulong)seed, ProcessingGuarantee.ExactlyOnce, disk: Disk.Never, isLarge: true).Violations.Should().BeEmpty();

    [Fact]
    public void A_record_that_is_read_after_a_sleep_counts_as_activity_of_now() =>
        ScenarioOf("crash monitor").Run(2004, ProcessingGuarantee.AtLeastOnce, disk: Disk.Never, isLarge: true).Violations.Should().BeEmpty();

    [Fact]
    public void What_a_refused_commit_has_put_into_the_changelog_can_be_evicted_by_tasks_that_stay() =>
        ScenarioOf("two shuffles").Run(4794, ProcessingGuarantee.AtLeastOnce).Violations.Should().BeEmpty();

    // Nothing goes wrong but what a test adds.
    private static SimulationPlan Calm { get; } = new()
    {
        Instances = 2, IsEager = false, CommitIntervalMs = 100, MaxPollRecords = 20, MaxStepMs = 40,
        CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, CompactionRate = 0,
    };

    private static void Check(ProcessingGuarantee guarantee, SimulationPlan plan, ulong seeds = 100)
    {
        for (var seed = 1UL; seed <= seeds; seed++)
            new CrashMonitorScenario().Run(seed, guarantee, alter: _ => plan, isLarge: true).Violations.Should().BeEmpty("of seed {0}", seed);
    }

    [Fact]
    public void The_same_seed_takes_the_same_steps()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var first = new TwoShufflesScenario().Run(seed, ProcessingGuarantee.ExactlyOnce);
            var second = new TwoShufflesScenario().Run(seed, ProcessingGuarantee.ExactlyOnce);
            second.Hash.Should().Be(first.Hash);
            second.Events.Should().Be(first.Events);
        }
    }

    [Fact]
    public void Another_seed_takes_other_steps() =>
        Enumerable.Range(1, 20).Select(seed => new CrashMonitorScenario().Run((ulong)seed, ProcessingGuarantee.AtLeastOnce).Hash).Should().OnlyHaveUniqueItems();
}
