using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.Drain;

/// <summary>
/// What one client process has done, told in one line: seconds from its first record to the end, seconds before that (connecting, joining
/// the group, creating topics), and processor time and peak memory of the whole process as of now, start-up and native threads included.
/// </summary>
internal sealed record Outcome(long Records, double Seconds, double JoiningSeconds)
{
    private const string Prefix = "outcome ";

    public double ProcessorSeconds { get; init; } = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    public double PeakMegabytes { get; init; } = Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;

    /// <summary>Managed bytes that the whole process has allocated.</summary>
    public double AllocatedBytes { get; init; } = GC.GetTotalAllocatedBytes();

    /// <summary>How long all its threads stood still for collections, together.</summary>
    public double PauseMilliseconds { get; init; } = GC.GetTotalPauseDuration().TotalMilliseconds;

    public double Collections { get; init; } = GC.CollectionCount(0);

    public double MillionsPerSecond => Records / Seconds / 1e6;

    public double ProcessorSecondsPerMillion => ProcessorSeconds / Records * 1e6;

    public void Print() =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Records} {Seconds} {JoiningSeconds} {ProcessorSeconds} {PeakMegabytes} {AllocatedBytes} {PauseMilliseconds} {Collections}"));

    public static Outcome? TryRead(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var figures = Array.ConvertAll(line[Prefix.Length..].Split(' '), figure => double.Parse(figure, CultureInfo.InvariantCulture));
        return new((long)figures[0], figures[1], figures[2])
        {
            ProcessorSeconds = figures[3],
            PeakMegabytes = figures[4],
            AllocatedBytes = figures[5],
            PauseMilliseconds = figures[6],
            Collections = figures[7],
        };
    }
}
