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

    private static int FirstFound(Scenario scenario, Mutation mutation, ProcessingGuarantee guarantee, Disk disk) =>
        Enumerable.Range(1, MaxSeeds).FirstOrDefault(seed => scenario.Run((ulong)seed, guarantee, mutation, disk: disk).Violations.Count > 0);
}
