namespace CrashStreams.Tests.Simulation;

/// <summary>A check that finds nothing proves nothing: each planted fault is found within a few seeds.</summary>
public class MutationTests
{
    private const int MaxSeeds = 300;

    [Theory]
    [InlineData(Mutation.OffsetsBeforeFlush, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.SourceTimeForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ClosedByMaximum, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.MarkersBeforeRecords, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.ChangelogNotRestored, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.FencingIgnored, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ClosedWindowsForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.MarkerTakenForRecord, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.IdlenessNotTold, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.ReadAtForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.UncommittedRead, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.OffsetsOutsideTransaction, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.RetentionNotLifted, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.RetentionNotLifted, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.ChangelogPurgedTooFar, ProcessingGuarantee.ExactlyOnce)]
    public void A_planted_fault_is_found(Mutation mutation, ProcessingGuarantee guarantee)
    {
        var found = FirstFound(new CrashMonitorScenario(), mutation, guarantee, Disk.Never);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"{mutation}: found by seed {found}");
    }

    [Theory]
    [InlineData(Mutation.StateBeforeCommit, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.PositionTooHigh, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.PositionTooHigh, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.AbortedBatchWritten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ChangedEntriesEvicted, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.CacheKeptOverRebalance, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.LockIgnored, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.TailNotRestored, ProcessingGuarantee.AtLeastOnce)]
    public void A_fault_planted_at_the_disk_is_found(Mutation mutation, ProcessingGuarantee guarantee)
    {
        var found = FirstFound(new TableScenario(), mutation, guarantee, Disk.Always);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"{mutation}: found by seed {found}");
    }

    [Theory]
    [InlineData(Mutation.LatePartNotRestored, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.LatePartNotRestored, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.CorrectionNotMarked, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.CorrectionNotMarked, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.ClosedWindowsForgotten, ProcessingGuarantee.ExactlyOnce)]
    public void A_fault_of_corrections_is_found(Mutation mutation, ProcessingGuarantee guarantee)
    {
        var found = FirstFound(new CorrectionsScenario(), mutation, guarantee, Disk.Never);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"{mutation}: found by seed {found}");
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void A_stranger_that_is_trusted_is_found(ProcessingGuarantee guarantee)
    {
        int Found(Mutation mutation, int seeds = MaxSeeds) => Enumerable.Range(1, seeds).FirstOrDefault(seed => new CrashMonitorScenario().Run(
            (ulong)seed, guarantee, mutation, alter: static p => p with { StrangerRate = 0.3 }, disk: Disk.Never).Violations.Count > 0);
        var found = Found(Mutation.StrangerTrusted);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"found by seed {found}");
        Found(Mutation.None, found).Should().Be(0, "without the fault it does nothing");
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void A_livelock_is_told_as_what_it_is_and_not_as_missing_results(ProcessingGuarantee guarantee)
    {
        for (var seed = 1UL; seed <= 3; seed++)
        {
            var violation = new CrashMonitorScenario().Run(seed, guarantee, Mutation.CommitsRefused).Violations.Should().ContainSingle().Subject;
            violation.Should().MatchRegex("does not come to rest.*instance 0 has started [0-9]+ times.*The planted refusal");
        }
    }

    [Fact]
    public void State_that_is_taken_for_that_of_a_changelog_made_anew_is_found()
    {
        var found = Enumerable.Range(1, MaxSeeds).FirstOrDefault(seed => new TableScenario().Run(
            (ulong)seed, ProcessingGuarantee.ExactlyOnce, Mutation.TopicIdsIgnored, alter: p => p with { CopiesChangelogs = true }, disk: Disk.Always).Violations.Count > 0);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"found by seed {found}");
    }

    [Fact]
    public void A_warm_copy_that_is_taken_over_without_its_tail_is_found_and_only_with_warm_copies()
    {
        int Found(int standbys, int seeds = MaxSeeds) => Enumerable.Range(1, seeds).FirstOrDefault(seed => new TableScenario().Run(
            (ulong)seed, ProcessingGuarantee.ExactlyOnce, Mutation.WarmTailNotRestored, alter: p => p with { StandbyReplicas = standbys }, disk: Disk.Never).Violations.Count > 0);
        var found = Found(standbys: 1);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"found by seed {found}");
        Found(standbys: 0, seeds: 60).Should().Be(0, "without warm copies it does nothing");
    }

    private static int FirstFound(Scenario scenario, Mutation mutation, ProcessingGuarantee guarantee, Disk disk) =>
        Enumerable.Range(1, MaxSeeds).FirstOrDefault(seed => scenario.Run((ulong)seed, guarantee, mutation, disk: disk).Violations.Count > 0);
}
