using System.Globalization;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Topology;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Sinks;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning.Running;

/// <summary>
/// A job that is kept running: an application, and a new one in its place when it fails, after a pause that doubles until the job has been well for a minute.
/// <code>
/// starting ──► running ──► stopped (asked to, or caught up)
///     ▲           │ fails
///     └── pause ◄─┘
/// </code>
/// </summary>
internal sealed class JobRunner(Job job, LearningOptions options, IFileStorage storage, ILogClients clients, IStateStorage? state, ILoggerFactory loggers, TimeProvider time)
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _drainPatience = TimeSpan.FromSeconds(10);

    // Somebody waits for the end of a run that is to catch up: what fails at once again and again is told instead.
    private const int MostFailuresInARow = 3;

    private volatile Life? _life; // the job's task replaces it, the line of status reads it
    private volatile string? _fault;

    public string Name { get; } = Jobs.NameOf(job);

    /// <summary>How often an application took the place of one that had failed.</summary>
    public int Restarts { get; private set; }

    /// <summary>Rows that are in no file yet.</summary>
    public long WaitingRows => _life?.Sinks.Sum(static sink => sink.WaitingRows) ?? 0;

    /// <summary>Why rows wait; null while the storage takes files.</summary>
    public string? Blocked => _life?.Sinks.Select(static sink => sink.Blocked).FirstOrDefault(static fault => fault is not null);

    /// <summary>What else is to be said than that it runs; null for nothing.</summary>
    public string? Trouble => _fault is { } fault ? $"has failed and starts again: {fault}" : _life?.Application.Status is { Activity: not ApplicationActivity.Running } status ? status.ToString() : null;

    /// <summary>Runs until the token is cancelled, or until all is processed and written that was there at the start.</summary>
    /// <exception cref="CrashStreamsException">It is to catch up and can't: it has failed several times in a row.</exception>
    public async Task RunAsync(bool untilCaughtUp, CancellationToken stop)
    {
        var (pause, failures) = (_firstPause, 0);
        while (!stop.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            if (await LiveAsync(untilCaughtUp, stop) is not { } fault)
                return;
            if (time.GetElapsedTime(began) > _steady)
                (pause, failures) = (_firstPause, 0);
            if (++failures >= MostFailuresInARow && untilCaughtUp)
                throw new CrashStreamsException($"job {Name}: {fault.Message}", fault);
            (_fault, Restarts) = (fault.Message, Restarts + 1);
            Notices.Write(string.Create(CultureInfo.InvariantCulture, $"Job {Name} has failed and starts again in {pause.TotalSeconds} s: {fault.Message}"));
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    // One application from its start to its end; answers why it has failed, null when it was to end.
    private async Task<Exception?> LiveAsync(bool untilCaughtUp, CancellationToken stop)
    {
        try
        {
            var sinks = LearningTopology.Sinks(job, storage);
            var streams = options.ToStreamsOptions(job, state);
            await using var application = new StreamsApplication(LearningTopology.Build(job, options, sinks), streams, clients, loggers);
            _life = new(application, sinks);
            try
            {
                await application.StartAsync(stop);
                _fault = null;
                if (untilCaughtUp)
                {
                    await CatchUp.AllAsync(application, streams.Time.IdleAfter, time, caughtUp: null, stop);
                    await WrittenAsync(sinks, stop);
                }
                else
                {
                    await application.Completion.WaitAsync(stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                await DrainAsync(sinks);
            }

            await application.StopAsync(CancellationToken.None);
            return null;
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            // Whatever it was: the others go on, and this one is tried again.
            return e;
        }
        catch (CrashStreamsException e)
        {
            Notices.Write($"Job {Name} has failed while it was to stop: {e.Message}");
            return null;
        }
        finally
        {
            _life = null;
        }
    }

    private async Task DrainAsync(IReadOnlyList<FileSink<ViewRow>> sinks)
    {
        using var patience = new CancellationTokenSource(Blocked is null ? _drainPatience : TimeSpan.Zero, time);
        try
        {
            await WrittenAsync(sinks, patience.Token);
        }
        catch (OperationCanceledException)
        {
            Notices.Write($"Job {Name}: not all rows are in files yet: they are kept, and written by the next run.");
        }
    }

    private static Task WrittenAsync(IReadOnlyList<FileSink<ViewRow>> sinks, CancellationToken cancellation) => Task.WhenAll(sinks.Select(sink => sink.WrittenAsync(cancellation)));

    private sealed record Life(StreamsApplication Application, IReadOnlyList<FileSink<ViewRow>> Sinks);
}
