using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>A comparison that finds nothing proves nothing: each fault, planted in ports, disk or operators, is found by random topologies within a few seeds,
/// by what differs from the ideal run in a case that does not differ without the fault.</summary>
public class TopologyMutationTests
{
    private const int MostSeeds = 2_000;

    // What changes nothing, what only brings rows to a topic, and what stands for other operators.
    private static readonly Type[] _withoutFault = [typeof(Peek), typeof(Source), typeof(SourceTable), typeof(HistoryTable), typeof(Sink), typeof(WindowedSink), typeof(TableRows)];

    public static TheoryData<string> OperatorClasses => [.. typeof(Operator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Operator)) && !_withoutFault.Contains(t)).Select(static t => t.Name)];

    [Theory]
    [MemberData(nameof(OperatorClasses))]
    public void A_fault_of_each_class_of_operators_is_found(string name)
    {
        var faulty = typeof(Operator).Assembly.GetTypes().Single(t => t.IsSubclassOf(typeof(Operator)) && t.Name == name);
        Report(name, FirstFound(ProcessingGuarantee.ExactlyOnce, run => run.Description.Operators.Any(o => o.GetType() == faulty), run => run.Run(faulty: faulty)));
    }

    [Theory]
    [InlineData(Mutation.OffsetsBeforeFlush, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.SourceTimeForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ClosedByMaximum, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.MarkersBeforeRecords, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ChangelogNotRestored, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.FencingIgnored, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ClosedWindowsForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.MarkerTakenForRecord, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.IdlenessNotTold, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.ReadAtForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.UncommittedRead, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.OffsetsOutsideTransaction, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.StateBeforeCommit, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.PositionTooHigh, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.TailNotRestored, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.ChangedEntriesEvicted, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.RetentionNotLifted, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.CorrectionNotMarked, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.FirstRecordsSkipped, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.FirstRecordsSkipped, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.NeighbourLost, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.NeighbourLost, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.TombstoneBecomesValue, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.WrongPartition, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.WrongPartition, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.OffsetsForgotten, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.SentTwice, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.EventTimeLost, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.LateRecordsLost, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.DeletionsNotLogged, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.KeysCutShort, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.CommitsRefused, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.DeadLettersLost, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Mutation.PartitionOverlooked, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.MalformedBecomesTombstone, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Mutation.PositionOfRecords, ProcessingGuarantee.ExactlyOnce)]
    public void A_planted_fault_is_found(Mutation mutation, ProcessingGuarantee guarantee) =>
        Report($"{mutation}", FirstFound(guarantee, static _ => true, run => run.Run(mutation)));

    private static void Report(string fault, int found)
    {
        found.Should().BePositive("some seed of {0} has to find '{1}'", MostSeeds, fault);
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault}: found by seed {found}");
    }

    private static int FirstFound(ProcessingGuarantee guarantee, Func<TopologyCase, bool> isWorthIt, Func<TopologyCase, TopologyOutcome> run) => Enumerable.Range(1, MostSeeds).FirstOrDefault(seed =>
    {
        var drawn = TopologyCase.Of((ulong)seed, guarantee);
        return isWorthIt(drawn) && Differs(drawn, run) && !Differs(drawn, static clean => clean.Run());
    });

    // A topology that can't be built, an operator of the tests that can't read what it gets, or a comparison that fails has found nothing.
    private static bool Differs(TopologyCase drawn, Func<TopologyCase, TopologyOutcome> run)
    {
        try
        {
            return run(drawn).Violations.Any(static v => !v.StartsWith(CrashStreams.Testing.Simulation.SimulatedInstance.Failed, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }
}
