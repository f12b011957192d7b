using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.CrashMonitor.Streamiz;
using CrashStreams.Kafka;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.CrashMonitor.Views;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>run --engine streamiz</c>: the same monitor on Streamiz, shown the same way.</summary>
internal static class StreamizRun
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _quiet = TimeSpan.FromMilliseconds(750);

    /// <summary>Runs until the token is cancelled; throws when the engine gives up before.</summary>
    public static async Task UntilCancelledAsync(KafkaOptions kafka, CrashMonitorOptions options, IMonitorView view, LogLevel log, CancellationToken cancellation)
    {
        var time = TimeProvider.System;
        var intervals = new ClosedIntervals(time);
        var rate = new Rate(time);
        using var loggers = new LineLog((_, level) => level >= log, line => Notices.Write($"{time.GetLocalNow():HH:mm:ss.fff} {line}"));
        var monitor = new StreamizMonitor(options, kafka.BootstrapServers, intervals.Add, kafka.Properties, loggers);
        await using (monitor)
        {
            await monitor.StartAsync(cancellation);
            using var ticks = new PeriodicTimer(_tick, time);
            while (!cancellation.IsCancellationRequested && !monitor.Completion.IsCompleted)
            {
                Show(intervals.TakeQuiet(_quiet));
                view.ShowStatus(Status(ApplicationActivity.Running));
                await Task.WhenAny(ticks.WaitForNextTickAsync(CancellationToken.None).AsTask(), monitor.Completion);
            }
        }

        await monitor.Completion;
        Show(intervals.TakeQuiet(TimeSpan.Zero));
        view.ShowEnd(Status(ApplicationActivity.Stopped));

        void Show(IReadOnlyList<IReadOnlyList<CrashAlert>> closed)
        {
            foreach (var alerts in closed)
                view.ShowInterval(alerts);
        }

        MonitorStatus Status(ApplicationActivity activity) =>
            new(new(activity), monitor.Lines, rate.PerSecond(monitor.Lines), Watermark: null, OpenWindows: null, monitor.Alerts, new Dictionary<string, long>());
    }
}
