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
    public void A_planted_fault_is_found(Mutation mutation, ProcessingGuarantee guarantee)
    {
        var found = Enumerable.Range(1, MaxSeeds).FirstOrDefault(seed => new CrashMonitorScenario().Run((ulong)seed, guarantee, mutation).Violations.Count > 0);
        found.Should().BePositive("some seed of {0} has to find it", MaxSeeds);
        TestContext.Current.TestOutputHelper?.WriteLine($"{mutation}: found by seed {found}");
    }
}
