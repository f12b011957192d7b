using System.Globalization;
using CrashStreams.Benchmarks.Memory;

namespace CrashStreams.Benchmarks.Beside;

/// <summary>
/// Measures the crash monitor in memory whenever it is asked to: a line of its input is a share of severe crashes, the answer is what a log line took. So two commits can be measured in turn, in two processes that are
/// warm. The file is compiled at the other commit as well, and uses only what both have.
/// </summary>
internal static class Served
{
    private const int Lines = 1_000_000;

    public static void Run()
    {
        var (share, run, input) = ("", default(CrashRun), 0UL);
        while (Console.ReadLine() is { Length: > 0 } asked)
        {
            if (run is null || asked != share)
            {
                (share, run) = (asked, new(Lines, double.Parse(asked, CultureInfo.InvariantCulture)));
                input = HashOfInput(run);
            }

            using var thread = run.Start();
            GC.Collect();
            var (allocated, start) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
            var written = run.Drain(thread);
            var (nanoseconds, bytes) = ((Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Lines, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Lines);
            Console.WriteLine(new Result(nanoseconds, bytes, written, input).Text);
        }
    }

    // FNV-1a over 64 bits.
    private static ulong HashOfInput(CrashRun run)
    {
        var hash = 14695981039346656037UL;
        run.Log.Input.Show(0, Lines);
        for (var i = 0; i < Lines; i++)
        {
            foreach (var value in run.Log.Input[i].Value)
                hash = (hash ^ value) * 1099511628211UL;
        }

        return hash;
    }

    /// <param name="Nanoseconds">Processor time of the process, per line.</param>
    /// <param name="Bytes">Managed bytes, per line.</param>
    /// <param name="Written">Alerts and changes of counts that were written.</param>
    /// <param name="Input">What tells one input from another.</param>
    internal sealed record Result(double Nanoseconds, double Bytes, long Written, ulong Input)
    {
        public string Text => string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds} {Bytes} {Written} {Input}");

        public static Result Parse(string text) => text.Split(' ') is [var nanoseconds, var bytes, var written, var input]
            ? new(double.Parse(nanoseconds, CultureInfo.InvariantCulture), double.Parse(bytes, CultureInfo.InvariantCulture), long.Parse(written, CultureInfo.InvariantCulture), ulong.Parse(input, CultureInfo.InvariantCulture))
            : throw new FormatException(text);
    }
}
