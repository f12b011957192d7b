using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>What a broker's process uses, as it says itself on one line.</summary>
internal readonly record struct Resources(double RssMb, double HeapMb, double CpuSeconds, int Threads, int Files, int Gen2Collections)
{
    public static Resources OfThisProcess()
    {
        using var self = Process.GetCurrentProcess();
        return new Resources(
            Environment.WorkingSet / 1048576.0,
            GC.GetTotalMemory(forceFullCollection: false) / 1048576.0,
            self.TotalProcessorTime.TotalSeconds,
            Directory.GetDirectories("/proc/self/task").Length,
            Directory.GetFiles("/proc/self/fd").Length,
            GC.CollectionCount(2));
    }

    public static Resources Parse(string line)
    {
        var fields = Array.ConvertAll(line.Split(' '), field => double.Parse(field, CultureInfo.InvariantCulture));
        return new Resources(fields[0], fields[1], fields[2], (int)fields[3], (int)fields[4], (int)fields[5]);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{RssMb:0.0} {HeapMb:0.0} {CpuSeconds:0.00} {Threads} {Files} {Gen2Collections}");
}
