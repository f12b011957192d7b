using System.Globalization;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning.Running;

/// <summary>Jobs in one process: begins when the storage answers, keeps each running whatever happens to the others, and says now and then how they are.</summary>
internal sealed class Runner : IDisposable
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly RunMetrics _metrics = new();
    private readonly IViewStorage _storage;
    private readonly LineLog _loggers;
    private readonly IReadOnlyList<JobRunner> _jobs;

    public Runner(IReadOnlyCollection<Job> jobs, LearningOptions options, IViewStorage storage, ILogClients clients, IStateStorage? state, LogLevel log)
    {
        _storage = storage;
        // Errors are told once, by the job that has failed.
        _loggers = new((_, level) => level >= log && level <= LogLevel.Warning, Notices.Write);
        _jobs = [.. jobs.Select(job => new JobRunner(job, options, storage, clients, state, _loggers, _time))];
    }

    /// <summary>Runs until the token is cancelled, or until all is processed and written that was there at the start.</summary>
    public async Task RunAsync(bool untilCaughtUp, CancellationToken stop)
    {
        await WaitForStorageAsync(stop);
        using var ending = new CancellationTokenSource();
        var showing = ShowAsync(ending.Token);
        try
        {
            await Task.WhenAll(_jobs.Select(job => job.RunAsync(untilCaughtUp, stop)));
        }
        finally
        {
            await ending.CancelAsync();
            await showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        if (_metrics.Dropped.Count > 0)
            Notices.Write($"Not processed: {_metrics.DroppedText}");
        _metrics.Dispose();
        _loggers.Dispose();
    }

    private async Task WaitForStorageAsync(CancellationToken stop)
    {
        var told = "";
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _storage.CheckAsync(stop);
                if (told.Length > 0)
                    Notices.Write("The storage is there.");
                return;
            }
            catch (IOException e)
            {
                if (e.Message != told)
                    Notices.Write($"Waiting for the storage: {told = e.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(_look, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ShowAsync(CancellationToken ending)
    {
        for (var wait = _first; ; wait = _interval)
        {
            await Task.Delay(wait, _time, ending);
            Notices.Write(Line());
        }
    }

    private string Line()
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{_time.GetLocalNow():HH:mm:ss} {_jobs.Count(static job => job.Trouble is null)} of {_jobs.Count} jobs run; {_metrics.Line()}");
        if (_jobs.Select(static job => job.Blocked).FirstOrDefault(static fault => fault is not null) is { } blocked)
            line += string.Create(CultureInfo.InvariantCulture, $"; {_jobs.Sum(static job => job.WaitingRows):N0} rows wait for the storage: {blocked}");
        foreach (var job in _jobs)
        {
            if (job.Trouble is { } trouble)
                line += $"; {job.Name} {trouble}";
            if (job.Restarts > 0)
                line += string.Create(CultureInfo.InvariantCulture, $"; {job.Name} was started again {job.Restarts} times");
        }

        return line;
    }
}
