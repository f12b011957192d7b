using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Samples.CrashMonitor.Terminal;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>A running monitor and what the console shows of it: the alerts of each interval once it is complete, then the sums.</summary>
internal sealed class MonitorRun : IAsyncDisposable
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _quiet = TimeSpan.FromMilliseconds(750);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ClosedIntervals _intervals;
    private readonly DroppedLines _dropped = new();
    private readonly ILoggerFactory _loggers;
    private readonly StreamsApplication _application;
    private readonly CancellationTokenSource _ending = new();
    private Task _printing = Task.CompletedTask;
    private bool _isStopped;

    private MonitorRun(ILogClients clients, CrashMonitorOptions options, IStateStorage? state, LogLevel log)
    {
        _loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(log)
            .AddFilter((_, level) => level >= log && level <= LogLevel.Warning) // errors are told once, by the exception that ends the command
            .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, log < LogLevel.Warning ? "HH:mm:ss.fff " : null))
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        _intervals = new(_time);
        var topology = CrashTopology.Build(options, _intervals.Add, PrintCount);
        _application = new(topology, options.ToStreamsOptions() with { State = state }, clients, _loggers);
    }

    public static async Task<MonitorRun> StartAsync(
        ILogClients clients, CrashMonitorOptions options, IStateStorage? state, CancellationToken cancellation, LogLevel log = LogLevel.Warning)
    {
        var run = new MonitorRun(clients, options, state, log);
        await run._application.StartAsync(cancellation);
        run._printing = run.PrintIntervalsAsync();
        return run;
    }

    /// <summary>Runs until the token is cancelled; throws when the application fails before.</summary>
    public async Task UntilCancelledAsync(CancellationToken cancellation)
    {
        try
        {
            await _application.Completion.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The user has asked to stop.
        }
    }

    /// <summary>Runs until all that was in the input when this was called is processed and committed.</summary>
    public async Task CaughtUpAsync(CancellationToken cancellation)
    {
        try
        {
            await _application.CaughtUpAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The user has asked to stop earlier.
        }
    }

    /// <summary>Commits, leaves the group, prints what is left and the sums.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        await _application.StopAsync();
        await _ending.CancelAsync();
        await _printing;
        Print(_intervals.TakeQuiet(TimeSpan.Zero));
        Steps.Above(() =>
        {
            Console.Error.WriteLine($"Processed {_application.ProcessedRecords:N0} records, those of the monitor's own topics included.");
            if (_dropped.Summary is { } summary)
                Console.Error.WriteLine(summary);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _ending.CancelAsync();
        await _printing;
        _dropped.Dispose();
        _loggers.Dispose();
        _ending.Dispose();
    }

    private async Task PrintIntervalsAsync()
    {
        using var ticks = new PeriodicTimer(_tick, _time);
        try
        {
            while (await ticks.WaitForNextTickAsync(_ending.Token))
                Print(_intervals.TakeQuiet(_quiet));
        }
        catch (OperationCanceledException)
        {
            // The run has ended; the last intervals are printed by StopAsync.
        }
    }

    private static void Print(IReadOnlyList<IReadOnlyList<CrashAlert>> intervals)
    {
        foreach (var alerts in intervals)
            Steps.Above(() => AlertTable.Write(Console.Out, alerts));
    }

    private static void PrintCount(Windowed<string> user, long count) =>
        Steps.Above(() => Console.WriteLine($"running {user.Window.Start:yyyy-MM-dd HH:mm:ss} {user.Key} {count}"));
}
