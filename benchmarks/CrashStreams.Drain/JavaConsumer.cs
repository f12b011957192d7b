using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CrashStreams.Drain;

/// <summary>
/// Kafka's own consumer tool (<c>ConsumerPerformance</c>) over a topic, with its defaults: a bare Java consumer that only counts, for comparing this machine with
/// one whose Java consumer is known.
/// </summary>
internal static class JavaConsumer
{
    // rebalance.time.ms, fetch.time.ms, fetch.MB.sec and fetch.nMsg.sec are the last of the ten columns.
    private const int Columns = 10, RecordsColumn = 4, JoiningColumn = 6, FetchingColumn = 7;

    // getrusage(2): all processes that were started and waited for, and those that they waited for.
    private const int Children = -1;

    public static void Run(string kafkaHome, string bootstrap, string topic, long records)
    {
        string[] arguments = ["perf-consume", "--bootstrap-server", bootstrap, "--topic", topic, "--num-records", $"{records}", "--timeout", "60000"];
        using var tool = Process.Start(new ProcessStartInfo(Path.Combine(kafkaHome, "kafka.sh"), arguments) { RedirectStandardOutput = true })!;
        var output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        var line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()?.Split(',') ?? [];
        if (tool.ExitCode != 0 || line.Length != Columns)
            throw new InvalidOperationException($"Kafka's consumer tool failed with exit code {tool.ExitCode}: {output}");
        var (read, joiningMs, fetchingMs) = (Figure(line[RecordsColumn]), Figure(line[JoiningColumn]), Figure(line[FetchingColumn]));
        if (read < records)
            throw new InvalidOperationException($"Kafka's consumer tool read {read} of {records} records.");

        if (getrusage(Children, out var used) != 0)
            throw new InvalidOperationException($"getrusage failed with error {Marshal.GetLastPInvokeError()}.");
        new Outcome((long)read, fetchingMs / 1000, joiningMs / 1000) { ProcessorSeconds = used.Seconds, PeakMegabytes = used.MaxResidentKilobytes / 1024.0 }.Print();
    }

    private static double Figure(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [DllImport("libc", SetLastError = true)]
    private static extern int getrusage(int who, out Usage usage);

    /// <summary><c>struct rusage</c> of 64-bit Linux: two times of two words, then fourteen words, of which the first is told here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
        public long MaxResidentKilobytes;

        public readonly double Seconds => UserSeconds + SystemSeconds + ((UserMicroseconds + SystemMicroseconds) / 1e6);
    }
}
