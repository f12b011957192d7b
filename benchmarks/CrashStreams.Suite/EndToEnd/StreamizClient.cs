using System.Diagnostics;
using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.CrashMonitor.Streamiz;
using CrashStreams.Drain;

namespace CrashStreams.Suite.EndToEnd;

/// <summary>A client process: the crash monitor on Streamiz, from its first record until all lines are read and no alert has come for a while.</summary>
internal static class StreamizClient
{
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(2);

    // It can't be asked whether it has caught up: it has, when it writes nothing more for longer than it takes between two commits. The time of the last alert counts.
    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(3);

    /// <param name="arguments">Bootstrap servers, topic, records, application.</param>
    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var (bootstrap, topic, records, application) = (arguments[0], arguments[1], long.Parse(arguments[2], CultureInfo.InvariantCulture), arguments[3]);
        var options = new CrashMonitorOptions { ApplicationId = application, InputTopic = topic, AlertTopic = EndToEndRun.AlertTopic(topic, application) };
        var last = 0L;
        var started = Stopwatch.GetTimestamp();
        await using (var monitor = new StreamizMonitor(options, bootstrap, _ => Volatile.Write(ref last, Stopwatch.GetTimestamp())))
        {
            await monitor.StartAsync();
            while (monitor.Lines == 0)
                await Task.Delay(_glance, TimeProvider.System);
            var first = Stopwatch.GetTimestamp();
            while (monitor.Lines < records)
                await Task.Delay(_glance, TimeProvider.System);
            var read = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(Math.Max(read, Volatile.Read(ref last))) < _quiet)
                await Task.Delay(_glance, TimeProvider.System);
            new Outcome(records, Stopwatch.GetElapsedTime(first, Math.Max(read, last)).TotalSeconds, Stopwatch.GetElapsedTime(started, first).TotalSeconds).Print();
        }
    }
}
