using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// An application's stream threads. One that meets a fault from which a new one recovers, because nothing of it was committed, begins again with new clients; any other fault ends the
/// application. The last thread to end says so.
/// </summary>
internal sealed class Workers
{
    private static readonly TimeSpan _restartPause = TimeSpan.FromSeconds(1);

    private readonly ApplicationContext _application;
    private readonly InternalTopics _topics;
    private readonly LogConnection _connection;
    private readonly QuietLog _quiet;
    private readonly CancellationToken _stopping;
    private readonly Action<Exception> _failed;
    private readonly Action _ended;
    private readonly Thread[] _workers;

    // Each written by its own worker, read by whoever looks at the application.
    private readonly StreamThread?[] _threads;
    private int _running;
    private long _recordsOfEarlierThreads;

    /// <param name="application">Whose threads.</param>
    /// <param name="topics">Its topics, as they were when it started.</param>
    /// <param name="connection">Waits for the log before a thread begins again.</param>
    /// <param name="quiet">Where restarts are logged.</param>
    /// <param name="failed">Called by the thread that met a fault which ends the application.</param>
    /// <param name="ended">Called by the last thread to end.</param>
    /// <param name="stopping">Ends the threads.</param>
    public Workers(
        ApplicationContext application, InternalTopics topics, LogConnection connection, QuietLog quiet, Action<Exception> failed, Action ended, CancellationToken stopping)
    {
        (_application, _topics, _connection, _quiet, _failed, _ended, _stopping) = (application, topics, connection, quiet, failed, ended, stopping);
        _running = application.Options.Threads;
        _threads = new StreamThread[_running];
        _workers = Enumerable.Range(0, _running).Select(i => new Thread(() => Work(i)) { IsBackground = true, Name = $"{application.Name}-{i}" }).ToArray();
    }

    /// <summary>Whether the application remembers positions over the lives of its threads.</summary>
    public required OwnPositions Own { get; init; }

    /// <summary>Notified of each change of an assignment.</summary>
    public required GroupWatch Group { get; init; }

    /// <summary>The application's meter.</summary>
    public required EngineGauges Gauges { get; init; }

    /// <summary>The clients for what outlives a thread.</summary>
    public required ILogClients Aside { get; init; }

    /// <summary>Threads as of now; one that is about to begin again is missing.</summary>
    public IEnumerable<StreamThread> Threads => _threads.OfType<StreamThread>();

    /// <summary>Records read since the start.</summary>
    public long ProcessedRecords => Volatile.Read(ref _recordsOfEarlierThreads) + Threads.Sum(static t => t.ProcessedRecords);

    /// <summary>What the threads do, of them the one that is worst off.</summary>
    public ApplicationStatus Status => ThreadStatus.Of(_threads);

    public void Start()
    {
        // Unsafe: whoever starts the application may be in a span of a trace, of which the records are no part.
        foreach (var worker in _workers)
            worker.UnsafeStart();
    }

    /// <summary>Ends the waits of threads that look for records.</summary>
    public void Wake()
    {
        foreach (var thread in Threads)
            thread.Queries.Wake();
    }

    private void Work(int index)
    {
        var rival = new RivalInstance(_application.Clients.InstanceName, _application.Time);
        try
        {
            while (!_stopping.IsCancellationRequested && RunThread(index) is { } fault)
            {
                if (fault is LogException { IsFenced: true } fenced)
                    rival.Fenced(fenced);
                _stopping.WaitHandle.WaitOne(_restartPause);
                UntilConnected();
                if (FindDeleted() is { } deleted)
                    throw deleted;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped while it waited for the log.
        }
        catch (LogException e)
        {
            // What the clients say when a topic is gone depends on what they were about to do with it.
            _failed(FindDeleted() ?? (Exception)e);
        }
        catch (Exception e)
        {
            _failed(e);
        }

        if (Interlocked.Decrement(ref _running) == 0)
            _ended();
    }

    /// <summary>One life of a thread. Answers the fault from which a new one with new clients recovers; null: it has stopped.</summary>
    private CrashStreamsException? RunThread(int index)
    {
        StreamThread? thread = null;
        using var clients = new ThreadClients(_application.Clients, _application.Logger);
        try
        {
            var (_, topology, options, _, time, logger) = _application;
            thread = new StreamThread($"{_application.Name}-{index}", topology, options, _topics, clients, time, logger, Own, Group, Gauges, Aside) { IsStopping = () => _stopping.IsCancellationRequested };
            _threads[index] = thread;
            thread.Start();
            while (!_stopping.IsCancellationRequested)
                thread.RunOnce();
            thread.Stop();
            return null;
        }
        catch (CrashStreamsException e) when ((e is LogException { IsRetriable: true } or LogException { IsFenced: true } or StateCorruptedException) && !_stopping.IsCancellationRequested)
        {
            Gauges.Counts.Restarted($"{index}");
            _quiet.Warn($"restart {new string([.. e.Message.Where(static c => !char.IsAsciiDigit(c)).Take(100)])}", $"Thread {index} starts again: {e.Message}", e);
            return e;
        }
        catch (LogException e) when (e.IsFenced || (e.IsRetriable && _stopping.IsCancellationRequested))
        {
            // Stopping: the group goes on, and does again what was not committed.
            _application.Logger.StopsUncommitted(e, index, e.Message);
            return null;
        }
        finally
        {
            _threads[index] = null;
            Interlocked.Add(ref _recordsOfEarlierThreads, thread?.ProcessedRecords ?? 0);
            Dispose(thread);
        }
    }

    // What goes wrong at the end of a thread does not replace the reason why it ends.
    private void Dispose(StreamThread? thread)
    {
        try
        {
            thread?.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _application.Logger.ThreadNotClosed(e, thread!.Name, e.Message);
        }
    }

    // A thread that begins while the log is away would only fail in its first call.
    private void UntilConnected() => _connection.AskAsync((admin, token) => admin.PartitionCountsAsync(_application.Topology.SourceTopics.ToList(), token), _stopping).GetAwaiter().GetResult();

    // What a thread can't mend by beginning again, and what its fault may come from.
    private TopologyException? FindDeleted()
    {
        if (_stopping.IsCancellationRequested)
            return null;
        try
        {
            using var admin = _application.Clients.CreateAdmin($"{_application.Name}-admin");
            return new DeletedTopics(_application.Topology, _topics, _application.Options, _application.Time, _application.Logger).FindAsync(admin, _stopping).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (LogException e)
        {
            _application.Logger.DeletionNotAsked(e, e.Message);
            return null;
        }
    }
}
