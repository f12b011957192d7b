using System.Globalization;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Running;

/// <summary>A running application with a line of status now and then.</summary>
internal sealed class SampleRun : IAsyncDisposable
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _drainPatience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly RunMetrics _metrics = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly StreamsApplication _application;
    private readonly StreamsOptions _options;
    private readonly LineLog _loggers;
    private Task _showing = Task.CompletedTask;
    private long _started;

    public SampleRun(Topology topology, StreamsOptions options, ILogClients clients, LogLevel log)
    {
        _options = options;
        // Errors are told once, by the exception that ends the command.
        _loggers = new((_, level) => level >= log && level <= LogLevel.Warning, Notices.Write);
        _application = new(topology, options, clients, _loggers);
    }

    /// <summary>What else a line of status says; null for nothing.</summary>
    public Func<string?> Note { get; init; } = static () => null;

    /// <summary>Completes when nothing waits to be written outside of Kafka.</summary>
    public Func<CancellationToken, Task> WrittenAsync { get; init; } = static _ => Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellation)
    {
        _showing = ShowAsync();
        try
        {
            await _application.StartAsync(cancellation);
            _started = _time.GetTimestamp();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The user has asked to stop before the broker was there: RunAsync stops at once.
        }
    }

    /// <summary>Runs until the token is cancelled, or until all is processed that was there at the start; throws when the application fails before. Then what is final is written out.</summary>
    public async Task RunAsync(bool untilCaughtUp, CancellationToken cancellation)
    {
        try
        {
            await (untilCaughtUp ? CaughtUpAsync(cancellation) : _application.Completion.WaitAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The user has asked to stop.
        }

        await DrainAsync();
        await _application.StopAsync();
    }

    /// <summary>Completes when the application runs and has processed what is in the inputs now.</summary>
    public Task ReadyAsync(CancellationToken cancellation) => _application.CaughtUpAsync(cancellation);

    /// <summary>
    /// Completes when all is processed that is in the inputs now, and partitions that bring nothing more are not waited for any more: then the results are those of a run that has watched the
    /// input come.
    /// </summary>
    public Task CaughtUpAsync(CancellationToken cancellation) => CatchUp.AllAsync(_application, _options.Time.IdleAfter, _time, TellCaughtUp, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _ending.CancelAsync();
        await _showing;
        if (_metrics.Dropped.Count > 0)
            Notices.Write($"Not processed: {_metrics.DroppedText}");
        _metrics.Dispose();
        _loggers.Dispose();
        _ending.Dispose();
    }

    private async Task DrainAsync()
    {
        using var patience = new CancellationTokenSource(_drainPatience, _time);
        try
        {
            await WrittenAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Notices.Write("Not all rows are in files yet: they are kept, and written by the next run.");
        }
    }

    private void TellCaughtUp()
    {
        var (seconds, events) = (_time.GetElapsedTime(_started).TotalSeconds, _metrics.Events);
        Notices.Write(string.Create(CultureInfo.InvariantCulture, $"Caught up after {seconds:F1} s with {events:N0} events, {events / seconds:N0} a second; the results wait for inputs that bring nothing more."));
    }

    private async Task ShowAsync()
    {
        try
        {
            for (var wait = _first; ; wait = _interval)
            {
                await Task.Delay(wait, _time, _ending.Token);
                var status = _application.Status;
                var state = status.Activity == ApplicationActivity.Running ? "" : $"{status}; ";
                Notices.Write(string.Create(CultureInfo.InvariantCulture, $"{_time.GetLocalNow():HH:mm:ss} {state}{_metrics.Line()}{(Note() is { } note ? $"; {note}" : "")}"));
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }
}
