using CrashStreams.Benchmarks.Memory;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>What a record costs in memory, from raw bytes to alerts, through the real threads and tasks on ports that allocate nothing.</summary>
public class AllocationTests
{
    private const int Lines = 200_000;

    [Fact]
    public void A_rejected_record_allocates_nothing()
    {
        // A poll or a commit may allocate; a record may not. Less than a byte per record is none per record.
        BytesPerRecord(matchingShare: 0).Should().BeLessThan(0.5);
    }

    // Room for windows and alerts: 134 bytes where keys and counts are kept as bytes, each in an array of its own.
    [Fact]
    public void A_counted_record_allocates_at_most_60_bytes() => BytesPerRecord(matchingShare: 1).Should().BeLessThanOrEqualTo(60);

    private static double BytesPerRecord(double matchingShare)
    {
        var run = new CrashRun(Lines, matchingShare);
        // Once for buffers, pools and compiled code, as in a process that has run for a while.
        Drain(run);
        return (double)Drain(run) / Lines;
    }

    private static long Drain(CrashRun run)
    {
        // Commits and markers go by the clock: on a slow machine there would be more of them.
        using var thread = run.Start(new FakeTimeProvider(new(2026, 1, 12, 0, 0, 0, TimeSpan.Zero)));
        thread.RunOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        run.Drain(thread);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
