using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.CrashMonitor.Views;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>A running monitor and what is shown of it: the alerts of each interval once it is complete, what it is doing, then the sums.</summary>
internal sealed class MonitorRun : IAsyncDisposable
{
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _quiet = TimeSpan.FromMilliseconds(750);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly IMonitorView _view;
    private readonly ClosedIntervals _intervals;
    private readonly Rate _rate;
    private readonly DroppedRecords _dropped = new();
    private readonly EventTimeReader _eventTime;
    private readonly ILoggerFactory _loggers;
    private readonly StreamsApplication _application;
    private readonly CancellationTokenSource _ending = new();
    private Task _printing = Task.CompletedTask;
    private long _alerts;
    private bool _isStopped;

    private MonitorRun(ILogClients clients, CrashMonitorOptions options, IStateStorage? state, IMonitorView view, LogLevel log)
    {
        _view = view;
        _rate = new(_time);
        _eventTime = new(options, _time);
        // Errors are told once, by the exception that ends the command.
        _loggers = new LineLog((_, level) => level >= log && level <= LogLevel.Warning, line => Notices.Write(log < LogLevel.Warning ? $"{_time.GetLocalNow():HH:mm:ss.fff} {line}" : line));
        _intervals = new(_time);
        var topology = CrashTopology.Build(options, Note, view.ShowCount);
        var streams = options.ToStreamsOptions();
        streams.State.Storage = state;
        _application = new(topology, streams, clients, _loggers);
    }

    public static async Task<MonitorRun> StartAsync(
        ILogClients clients, CrashMonitorOptions options, IStateStorage? state, IMonitorView view, CancellationToken cancellation, LogLevel log = LogLevel.Warning)
    {
        var run = new MonitorRun(clients, options, state, view, log);
        run._printing = run.ShowAsync();
        try
        {
            await run._application.StartAsync(cancellation);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
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
        Show(_intervals.TakeQuiet(TimeSpan.Zero));
        _view.ShowEnd(Status());
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _ending.CancelAsync();
        await _printing;
        _dropped.Dispose();
        _eventTime.Dispose();
        _loggers.Dispose();
        _ending.Dispose();
    }

    private async Task ShowAsync()
    {
        using var ticks = new PeriodicTimer(_tick, _time);
        try
        {
            while (await ticks.WaitForNextTickAsync(_ending.Token))
            {
                Show(_intervals.TakeQuiet(_quiet));
                _view.ShowStatus(Status());
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended; the last intervals are shown by StopAsync.
        }
    }

    // In the stream threads.
    private void Note(CrashAlert alert)
    {
        Interlocked.Increment(ref _alerts);
        _intervals.Add(alert);
    }

    private MonitorStatus Status()
    {
        var records = _application.ProcessedRecords;
        var (watermark, open) = _eventTime.Read();
        return new(_application.Status, records, _rate.PerSecond(records), watermark, open, Interlocked.Read(ref _alerts), _dropped.ByReason);
    }

    private void Show(IReadOnlyList<IReadOnlyList<CrashAlert>> intervals)
    {
        foreach (var alerts in intervals)
            _view.ShowInterval(alerts);
    }
}
