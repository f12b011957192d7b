using System.Runtime.CompilerServices;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

public class AbandonedThreadTests
{
    [Fact]
    public void A_thread_that_nobody_disposed_of_is_not_kept_alive_by_its_metrics()
    {
        var abandoned = Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        abandoned.IsAlive.Should().BeFalse();
    }

    // Not inlined: no local of the caller may hold what is to be collected.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Abandon()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        return new(new TopologyTestDriver(builder.Build()).Thread);
    }
}
