using System.Diagnostics;

namespace CrashStreams.State.Benchmarks;

/// <summary>One action's time, CPU (all threads) and highest growth of resident memory.</summary>
internal readonly record struct Measured(double Seconds, double CpuSeconds, double MoreMegabytes)
{
    /// <summary>The highest resident memory of this process until now.</summary>
    public static double PeakMegabytes => Status("VmHWM") / 1024.0;

    public static Measured Of(Action action) => OfAsync(() =>
    {
        action();
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    public static async Task<Measured> OfAsync(Func<Task> action)
    {
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // Writing 5 resets the high-water mark that VmHWM tells (proc(5), clear_refs).
        File.WriteAllText("/proc/self/clear_refs", "5");
        var memory = Status("VmRSS");
        var cpu = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        await action();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return new(seconds, (process.TotalProcessorTime - cpu).TotalSeconds, (Status("VmHWM") - memory) / 1024.0);
    }

    public string Per(long operations) =>
        $"{operations / Seconds / 1e6,6:0.00} M/s  {Seconds * 1e9 / operations,6:0} ns  {CpuSeconds * 1e9 / operations,6:0} ns CPU  +{MoreMegabytes,4:0} MB";

    private static long Status(string name) =>
        long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim());
}
