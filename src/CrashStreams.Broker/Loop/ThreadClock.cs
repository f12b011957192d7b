using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CrashStreams.Broker.Loop;

/// <summary>
/// How long this thread has computed. Unlike the time on the wall it does not run while the system lets another thread go on, so that what a request costs does not depend on
/// how busy the machine is.
/// </summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID of clock_gettime(2), on Linux
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Since any point in the past. Where the system does not say it: the time on the wall.</summary>
    public static unsafe long Nanoseconds
    {
        get
        {
            var time = stackalloc long[2]; // struct timespec of 64-bit systems: seconds, nanoseconds
            return OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, time) == 0
                ? (time[0] * NanosecondsPerSecond) + time[1]
                : (long)(Stopwatch.GetTimestamp() * ((double)NanosecondsPerSecond / Stopwatch.Frequency));
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int GetTime(int clock, long* time);
}
