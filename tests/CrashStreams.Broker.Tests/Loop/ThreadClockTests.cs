using System.Diagnostics;
using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Tests.Loop;

public class ThreadClockTests
{
    [Fact]
    public void It_runs_while_the_thread_computes_and_stands_while_it_waits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have the time on the wall.");
        var began = ThreadClock.Nanoseconds;
        using (var never = new ManualResetEventSlim())
            never.Wait(TimeSpan.FromMilliseconds(100));
        var waited = ThreadClock.Nanoseconds - began;
        var computing = Stopwatch.StartNew();
        while (ThreadClock.Nanoseconds - began - waited < 20_000_000)
            computing.Elapsed.Should().BeLessThan(Clients.Client.Patience);

        waited.Should().BeLessThan(50_000_000);
    }
}
