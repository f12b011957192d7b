using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// What an application does beside its stream threads: it looks at its connection, its group and open transactions, and ends what lost instances have left behind. Whoever ends the
/// application ends this first: none begins any more, and clients of those that run are closed before the application says that it has ended.
/// </summary>
/// <param name="failed">Called with the fault of a watch that the application can't do without.</param>
/// <param name="time">The wall clock.</param>
internal sealed class Watches(Action<Exception> failed, TimeProvider time)
{
    // They end when the application is told to stop. One whose question the log still answers is not worth a longer wait.
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(5);

    // Held by whoever begins a watch, and by whoever ends them all.
    private readonly Lock _lock = new();
    private readonly List<Task> _running = [];
    private bool _hasEnded;

    /// <summary>Begins a watch, unless the application has ended. It is cancelled with the application.</summary>
    public void Begin(Func<Task> watch)
    {
        if (Enter() is { } done)
            _ = RunAsync(watch, done);
    }

    /// <summary>Gives work to a log's clients that they do aside, unless the application has ended.</summary>
    public void RunAside(ILogClients clients, Action work)
    {
        if (Enter() is not { } done)
            return;
        clients.RunAside(() =>
        {
            try
            {
                work();
            }
            finally
            {
                done.SetResult();
            }
        });
    }

    /// <summary>Lets none begin any more, and waits a while for those that run.</summary>
    public async Task EndAsync()
    {
        Task[] running;
        lock (_lock)
        {
            _hasEnded = true;
            running = [.. _running];
        }

        await Task.WhenAny(Task.WhenAll(running), Task.Delay(_longestEnd, time)).ConfigureAwait(false);
    }

    private TaskCompletionSource? Enter()
    {
        lock (_lock)
        {
            if (_hasEnded)
                return null;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running.RemoveAll(static t => t.IsCompleted);
            _running.Add(done.Task);
            return done;
        }
    }

    private async Task RunAsync(Func<Task> watch, TaskCompletionSource done)
    {
        try
        {
            await watch().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failed(e);
        }
        finally
        {
            done.SetResult();
        }
    }
}
