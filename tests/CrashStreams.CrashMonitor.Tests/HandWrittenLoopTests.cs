using CrashStreams.Benchmarks.Budget;
using CrashStreams.Benchmarks.Memory;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>The loop that the engine is measured beside: a yardstick that does less than the job would be a wrong one.</summary>
public class HandWrittenLoopTests
{
    private const int Lines = 200_000, Partitions = 12;

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.25)]
    [InlineData(1)]
    public void It_writes_as_many_alerts_as_the_input_requires(double matchingShare)
    {
        var run = new CrashRun(Lines, matchingShare);
        var oracle = new AlertOracle(new());
        for (var i = 0; i < Lines; i++)
        {
            var record = run.Log.Input.Show(0, Lines)[i];
            oracle.Add(record.PartitionIndex, record.Value);
        }

        var loop = new HandWrittenLoop(Partitions);
        loop.Run(run.Log.Input);

        loop.Alerts.Should().Be(oracle.Finish().Due.Count);
    }
}
