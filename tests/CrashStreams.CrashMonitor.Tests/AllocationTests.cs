using CrashStreams.Benchmarks.Memory;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>What a record costs in memory, from raw bytes to alerts, through the real threads and tasks on ports that allocate nothing.</summary>
public class AllocationTests
{
    private const int Lines = 200_000, MostDrains = 40, FirstTurns = 5;

    [Fact]
    public void A_rejected_record_allocates_nothing()
    {
        // A poll or a commit may allocate; a record may not. Less than a byte per record is none per record.
        BytesPerRecord(matchingShare: 0, enough: 0.5).Should().BeLessThan(0.5);
    }

    // Room for windows and alerts: 134 bytes where keys and counts are kept as bytes, each in an array of its own.
    [Fact]
    public void A_counted_record_allocates_at_most_60_bytes() => BytesPerRecord(matchingShare: 1, enough: 60).Should().BeLessThanOrEqualTo(60);

    private static double BytesPerRecord(double matchingShare, double enough)
    {
        var run = new CrashRun(Lines, matchingShare);
        // As in a process that has run for a while: buffers and pools are filled by the first drain, but code that is not optimized yet allocates enumerators and boxes, and beside other tests it may take many
        // drains until it is.
        var least = long.MaxValue;
        for (var drain = 0; drain < MostDrains && least >= Lines * enough; drain++)
            least = Math.Min(least, Drain(run));
        return (double)least / Lines;
    }

    private static long Drain(CrashRun run)
    {
        // Commits and markers go by the clock: on a slow machine there would be more of them.
        using var thread = run.Start(new FakeTimeProvider(new(2026, 1, 12, 0, 0, 0, TimeSpan.Zero)));
        // Of some hundred; what a new application fills first (buffers, the stores' memory) it fills once.
        for (var turn = 0; turn < FirstTurns; turn++)
            thread.RunOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        run.Drain(thread);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
