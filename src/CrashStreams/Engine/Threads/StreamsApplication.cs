using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;

namespace CrashStreams;

/// <summary>
/// The life of an application:
/// <code>
///   Created ──► Starting ──► Running ──► Stopping ──► Stopped
///                  │            │            │
///                  └────────────┴────────────┴──► Failed
/// </code>
/// </summary>
public enum ApplicationState
{
    /// <summary>Not started yet.</summary>
    Created,

    /// <summary>The log is connected to and topics are prepared; <see cref="StreamsApplication.Status"/> says more.</summary>
    Starting,

    /// <summary>Threads are running; tasks may still be restoring.</summary>
    Running,

    /// <summary>Committing and leaving the group.</summary>
    Stopping,

    /// <summary>Stopped in order.</summary>
    Stopped,

    /// <summary>Stopped by a fault; <see cref="StreamsApplication.Completion"/> carries it.</summary>
    Failed,
}

/// <summary>Runs a topology on a log: one instance of an application. Instances with the same application id share the work.</summary>
public sealed class StreamsApplication : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan _restartPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestWatchEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _progressInterval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<Task> _watches = new();
    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly ILogClients _clients;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _instance;
    private readonly QuietLog _quiet;
    private readonly StatusBoard _board;
    private readonly LogConnection _connection;
    private readonly OwnPositions _own = new();
    private readonly GroupWatch _group;
    private readonly EngineGauges _gauges;
    private StreamThread?[] _threads = [];
    private Thread[] _workers = [];
    private int _state;
    private int _running;
    private long _recordsOfEarlierThreads;
    private Exception? _fault;
    private StoreViews? _stores;
    private bool _isStopAbandoned; // written by who stops, read by who disposes afterwards
    private int _isDisposed;

    /// <summary>Prepares an instance; <see cref="StartAsync"/> runs it.</summary>
    /// <param name="topology">What to run.</param>
    /// <param name="options">How; what is changed in them later has no effect.</param>
    /// <param name="clients">Where.</param>
    /// <param name="loggers">Makes the application's logger; without it nothing is logged.</param>
    /// <param name="time">The wall clock; the system's by default.</param>
    /// <param name="meters">Makes the application's meter (<see cref="StreamsTelemetry.MeterName"/>), so that a host's metrics are its own; by default the meter is the process's.</param>
    /// <exception cref="TopologyException">The options are wrong; the message lists every fault.</exception>
    public StreamsApplication(Topology topology, StreamsOptions options, ILogClients clients, ILoggerFactory? loggers = null, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        options.Validate();
        SideTopicLoops.Check(topology, options);
        _topology = topology;
        _options = options with { }; // what is set later does not reach a running application
        _clients = clients;
        _instance = clients.InstanceName ?? Guid.NewGuid().ToString("N")[..8];
        _time = time ?? TimeProvider.System;
        _gauges = new(options.ApplicationId, meters);
        _gauges.Show(() => Status.Activity);
        _logger = new GuardedLogger((loggers ?? NullLoggerFactory.Instance).CreateLogger<StreamsApplication>());
        _quiet = new(_logger, _time);
        _board = new(_quiet);
        _connection = new(clients, $"{options.ApplicationId}-{_instance}-admin", options.ConnectTimeout, _time, _board);
        _group = new(options.ApplicationId, _instance, () => clients.CreateAdmin($"{options.ApplicationId}-{_instance}-group-admin"), _own, _board, _time);
    }

    /// <summary>Where the instance stands.</summary>
    public ApplicationState State => (ApplicationState)Volatile.Read(ref _state);

    /// <summary>What the instance is doing, and what keeps it from its work.</summary>
    public ApplicationStatus Status => State switch
    {
        ApplicationState.Created => new(ApplicationActivity.Created),
        ApplicationState.Starting => _board.Worst ?? new(ApplicationActivity.PreparingTopics),
        ApplicationState.Running => _board.Worst ?? new(ApplicationActivity.Running),
        ApplicationState.Stopping => new(ApplicationActivity.Stopping),
        ApplicationState.Stopped => new(ApplicationActivity.Stopped),
        _ => new(ApplicationActivity.Failed, Volatile.Read(ref _fault)?.Message ?? ""),
    };

    /// <summary>Ends when the instance has stopped; faulted with what went wrong when it failed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Records read by this instance since its start, those of internal topics included.</summary>
    public long ProcessedRecords => Volatile.Read(ref _recordsOfEarlierThreads) + _threads.Sum(t => t?.ProcessedRecords ?? 0);

    /// <summary>
    /// Records that lie between what this instance's tasks have processed and the ends of their inputs, as last told by the broker, those of repartition topics included; null while nothing is
    /// known. Records of partitions whose task still restores are not in it.
    /// </summary>
    public long? Lag
    {
        get
        {
            var lags = Threads.SelectMany(static t => t.Tasks).SelectMany(static t => t.Inputs).Select(static i => i.Lag).Where(static lag => lag >= 0).ToList();
            return lags.Count == 0 ? null : lags.Sum();
        }
    }

    /// <summary>Threads as of now, for looks at a running application.</summary>
    internal IEnumerable<StreamThread> Threads => _threads.OfType<StreamThread>();

    /// <summary>
    /// Checks and creates the application's topics and starts its threads. While the log does not answer it waits; <see cref="Status"/> and the log of the application say what is
    /// tried and why it fails, and <see cref="StreamsOptions.ConnectTimeout"/> limits it. A host that starts other things meanwhile does not await it at once.
    /// </summary>
    /// <param name="cancellation">Gives up; the instance is stopped then.</param>
    /// <exception cref="TopologyException">Topics are missing or don't fit.</exception>
    /// <exception cref="LogException">The log refuses what the application needs, or could not be reached in time.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled, or the instance was stopped meanwhile.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        MoveTo(ApplicationState.Starting, ApplicationState.Created);
        foreach (var warning in _topology.Warnings)
            _logger.LogWarning("{Warning}", warning);
        try
        {
            _watches.Enqueue(WatchAsync(() => new StuckTransactions(
                _options.ApplicationId, Inputs(), _clients, $"{_options.ApplicationId}-{_instance}-transactions-admin", _options.StuckAfter, _board, _time).RunAsync(_stopping.Token)));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
            var topics = await _connection.AskAsync(PrepareAsync, either.Token).ConfigureAwait(false);
            _stores = new(_topology, _options, topics, () => State == ApplicationState.Running ? Threads : throw NotRunning());
            _threads = new StreamThread[_options.Threads];
            _running = _options.Threads;
            _workers = Enumerable.Range(0, _options.Threads)
                .Select(i => new Thread(() => Work(i, topics)) { IsBackground = true, Name = $"{_options.ApplicationId}-{_instance}-{i}" }).ToArray();
            either.Token.ThrowIfCancellationRequested();
            MoveTo(ApplicationState.Running, ApplicationState.Starting);
            // Unsafe: whoever starts the application may be in a span of a trace, of which the records are no part.
            foreach (var worker in _workers)
                worker.UnsafeStart();
            _watches.Enqueue(WatchAsync(WatchConnectionAsync));
            _watches.Enqueue(WatchAsync(() => _group.RunAsync(_stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref _state, (int)ApplicationState.Stopped);
            _completion.TrySetResult();
            throw;
        }
        catch (Exception e)
        {
            Fail(e);
            _completion.TrySetException(e);
            throw;
        }
    }

    /// <summary>Commits what was processed, leaves the group and ends the threads.</summary>
    /// <param name="cancellation">Gives up waiting, for instance at a host's deadline: threads that are busy in code of the topology end when that returns, or with the process.</param>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        if (State == ApplicationState.Created)
            _completion.TrySetResult();
        Interlocked.CompareExchange(ref _state, (int)ApplicationState.Stopping, (int)ApplicationState.Running);
        EndThreads();
        try
        {
            // Watches end at once; one whose question the log still answers is not worth a longer wait.
            await Task.WhenAny(Task.WhenAll(_watches), Task.Delay(_longestWatchEnd, _time, cancellation)).ConfigureAwait(false);
            await Completion.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Volatile.Write(ref _isStopAbandoned, true);
            throw;
        }
    }

    /// <summary>
    /// Waits until everything that was in the source topics when this was called is processed and committed by the group, through all
    /// repartition topics.
    /// </summary>
    public async Task CaughtUpAsync(CancellationToken cancellation = default)
    {
        using var admin = _clients.CreateAdmin($"{_options.ApplicationId}-{_instance}-progress-admin");
        using var consumer = _clients.CreateConsumer($"{_options.ApplicationId}-{_instance}-progress", _options.ApplicationId, readCommitted: true);
        var levels = new List<IReadOnlyList<string>> { _topology.SourceTopics };
        levels.AddRange(_topology.RepartitionTopics.Keys.Select(t => (IReadOnlyList<string>)[InternalTopics.FullName(_options.ApplicationId, t, true)]));
        foreach (var topics in levels)
        {
            var counts = await admin.PartitionCountsAsync(topics.ToList(), cancellation).ConfigureAwait(false);
            var partitions = counts.SelectMany(c => Enumerable.Range(0, c.Value).Select(p => new TopicPartition(c.Key, p))).ToList();
            var ends = await admin.OffsetsAsync(partitions, cancellation).ConfigureAwait(false);
            while (partitions.Count > 0)
            {
                var committed = CommittedIfTold(consumer, partitions);
                partitions.RemoveAll(p => ends[p].End <= ends[p].Start || (committed.TryGetValue(p, out var c) && c.Offset >= ends[p].End && CommittedPosition.Parse(c.Metadata).IsOwn));
                if (partitions.Count > 0)
                    await Task.WhenAny(Task.Delay(_progressInterval, _time, cancellation), Completion).ConfigureAwait(false);
                cancellation.ThrowIfCancellationRequested();
                if (partitions.Count > 0 && Completion.IsCompleted)
                    throw StoppedEarly(partitions);
            }
        }
    }

    private CrashStreamsException StoppedEarly(List<TopicPartition> partitions)
    {
        var left = $"{string.Join(", ", partitions.Order().Take(5))}{(partitions.Count > 5 ? $" and {partitions.Count - 5} more" : "")}";
        return Volatile.Read(ref _fault) is { } fault
            ? new($"The application failed before it had caught up with {left}: {fault.Message}", fault)
            : new($"The application was stopped before it had caught up with {left}.");
    }

    // While the group's coordinator moves nobody tells: then it is asked again.
    private static IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> CommittedIfTold(ILogConsumer consumer, List<TopicPartition> partitions)
    {
        try
        {
            return consumer.Committed(partitions);
        }
        catch (LogException e) when (e.IsRetriable)
        {
            return new Dictionary<TopicPartition, OffsetAndMetadata>();
        }
    }

    /// <summary>
    /// A key-value store of this instance, to be read while the application runs. It shows the partitions that this instance has at the moment of each question.
    /// </summary>
    /// <param name="name">The store's name.</param>
    /// <exception cref="ArgumentException">The topology has no such store, or it is of other types.</exception>
    /// <exception cref="StoreUnavailableException">The application was not started.</exception>
    public KeyValueStoreView<TKey, TValue> KeyValueStore<TKey, TValue>(string name)
        where TKey : notnull => (_stores ?? throw NotRunning()).KeyValue<TKey, TValue>(name);

    /// <summary>A window store of this instance, likewise.</summary>
    /// <param name="name">The store's name.</param>
    /// <exception cref="ArgumentException">The topology has no such store, or it is of other types.</exception>
    /// <exception cref="StoreUnavailableException">The application was not started.</exception>
    public WindowStoreView<TKey, TValue> WindowStore<TKey, TValue>(string name)
        where TKey : notnull => (_stores ?? throw NotRunning()).Window<TKey, TValue>(name);

    /// <summary>A session store of this instance, likewise.</summary>
    /// <param name="name">The store's name.</param>
    /// <exception cref="ArgumentException">The topology has no such store, or it is of other types.</exception>
    /// <exception cref="StoreUnavailableException">The application was not started.</exception>
    public SessionStoreView<TKey, TValue> SessionStore<TKey, TValue>(string name)
        where TKey : notnull => (_stores ?? throw NotRunning()).Session<TKey, TValue>(name);

    /// <summary>A versioned store of this instance, likewise.</summary>
    /// <param name="name">The store's name.</param>
    /// <exception cref="ArgumentException">The topology has no such store, or it is of other types.</exception>
    /// <exception cref="StoreUnavailableException">The application was not started.</exception>
    public VersionedStoreView<TKey, TValue> VersionedStore<TKey, TValue>(string name)
        where TKey : notnull => (_stores ?? throw NotRunning()).Versioned<TKey, TValue>(name);

    /// <summary>
    /// Which instance holds a key of a store, as far as this one has heard: a moment after a task moves the answer may be the old one. Null: nobody who is known to be alive
    /// has it. The key's partition is that of Kafka's default partitioner.
    /// </summary>
    /// <param name="store">The store's name.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The topology has no such store, or its keys are of another type.</exception>
    /// <exception cref="InvalidOperationException">The instances don't know of each other: <see cref="StreamsOptions.HostInfo"/> is not set.</exception>
    /// <exception cref="StoreUnavailableException">The application was not started.</exception>
    public StoreLocation? Find<TKey>(string store, TKey key)
        where TKey : notnull
    {
        if (_options.HostInfo is null)
            throw new InvalidOperationException($"Set {nameof(StreamsOptions.HostInfo)} on every instance: without it they don't tell each other what they hold.");
        var task = (_stores ?? throw NotRunning()).TaskOf(store, key);
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        // Every thread hears the same; one that has just started has heard nothing yet.
        foreach (var thread in Threads)
        {
            if (thread.Directory?.OwnerOf(task, nowMs) is var (member, own))
                return new(task.Partition, member.Host, member.Instance == Member.InstanceOf(thread.Name), own.State == MemberTaskState.Running);
        }

        return null;
    }

    private StoreUnavailableException NotRunning() => new(StoreUnavailableReason.NotRunning, $"The application is {State}: its stores can be read while it is {ApplicationState.Running}.");

    /// <summary>Stops the instance if it runs; blocks until it has stopped.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Stops the instance if it runs. When a stop was given up before, it is not waited for again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1 || Volatile.Read(ref _isStopAbandoned))
            return;
        try
        {
            await StopAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e == _fault)
        {
            _logger.LogDebug(e, "The fault was told by Completion already.");
        }

        _gauges.Dispose();
        _stopping.Dispose();
    }

    private List<string> Inputs() =>
        [.. _topology.SourceTopics, .. _topology.RepartitionTopics.Keys.Select(t => InternalTopics.FullName(_options.ApplicationId, t, true))];

    private async Task<InternalTopics> PrepareAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        var topics = await InternalTopics.PrepareAsync(_topology, _options, admin, _logger, cancellation).ConfigureAwait(false);
        // Committed offsets are asked for in a call that waits.
        await Task.Run(
            async () =>
            {
                using var group = _clients.CreateConsumer($"{_options.ApplicationId}-{_instance}-positions", _options.ApplicationId, readCommitted: true);
                await new LostPositions(_topology, _options, topics, _own, _time, _logger).MendAsync(admin, group, cancellation).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
        return topics;
    }

    private void Work(int index, InternalTopics topics)
    {
        var rival = new RivalInstance(_clients.InstanceName, _time);
        try
        {
            while (!_stopping.IsCancellationRequested && RunThread(index, topics) is { } fault)
            {
                if (fault is LogException { IsFenced: true } fenced)
                    rival.Fenced(fenced);
                _stopping.Token.WaitHandle.WaitOne(_restartPause);
                UntilConnected();
                if (FindDeleted(topics) is { } deleted)
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
            Fail(FindDeleted(topics) ?? (Exception)e);
        }
        catch (Exception e)
        {
            Fail(e);
        }

        if (Interlocked.Decrement(ref _running) > 0)
            return;
        if (_fault is { } fatal)
        {
            _completion.TrySetException(fatal);
            return;
        }

        Volatile.Write(ref _state, (int)ApplicationState.Stopped);
        _completion.TrySetResult();
    }

    /// <summary>One life of a thread. Answers the fault from which a new one with new clients recovers, because nothing of it was committed; null: it has stopped.</summary>
    private CrashStreamsException? RunThread(int index, InternalTopics topics)
    {
        StreamThread? thread = null;
        using var clients = new ThreadClients(_clients, _logger);
        try
        {
            thread = new StreamThread($"{_options.ApplicationId}-{_instance}-{index}", _topology, _options, topics, clients, _time, _logger, _own, _group, _gauges) { IsStopping = () => _stopping.IsCancellationRequested };
            _threads[index] = thread;
            thread.Start();
            while (!_stopping.IsCancellationRequested)
                thread.RunOnce();
            thread.Stop();
            return null;
        }
        catch (CrashStreamsException e) when ((e is LogException { IsRetriable: true } or LogException { IsFenced: true } or StateCorruptedException) && !_stopping.IsCancellationRequested)
        {
            _gauges.Counts.Restarted($"{index}");
            _quiet.Warn($"restart {new string([.. e.Message.Where(static c => !char.IsAsciiDigit(c)).Take(100)])}", $"Thread {index} starts again: {e.Message}", e);
            return e;
        }
        catch (LogException e) when (e.IsFenced || (e.IsRetriable && _stopping.IsCancellationRequested))
        {
            // Stopping: the group goes on, and does again what was not committed.
            _logger.LogWarning(e, "Thread {Index} stops without its last commit: {Reason}", index, e.Message);
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
            _logger.LogError(e, "{Thread} could not close everything that it had open: {Reason}", thread!.Name, e.Message);
        }
    }

    // A thread that begins while the log is away would only fail in its first call.
    private void UntilConnected() => _connection.AskAsync((admin, token) => admin.PartitionCountsAsync(_topology.SourceTopics.ToList(), token), _stopping.Token).GetAwaiter().GetResult();

    // Clients retry by themselves for minutes before a call fails: until then only this says that the log is away.
    private async Task WatchConnectionAsync()
    {
        while (true)
        {
            await Task.Delay(_restartPause, _time, _stopping.Token).ConfigureAwait(false);
            if (_clients.ConnectionFault is not null)
                await _connection.AskAsync((admin, token) => admin.PartitionCountsAsync(_topology.SourceTopics.ToList(), token), _stopping.Token).ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(Func<Task> watch)
    {
        try
        {
            await watch().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The application stops.
        }
        catch (LogException e)
        {
            Fail(e);
        }
    }

    // What a thread can't mend by beginning again, and what its fault may come from.
    private TopologyException? FindDeleted(InternalTopics topics)
    {
        if (_stopping.IsCancellationRequested)
            return null;
        try
        {
            using var admin = _clients.CreateAdmin($"{_options.ApplicationId}-{_instance}-admin");
            return new DeletedTopics(_topology, topics, _options, _time, _logger).FindAsync(admin, _stopping.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Fail(Exception fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is not null)
            return;
        Volatile.Write(ref _state, (int)ApplicationState.Failed);
        _logger.LogError(fault, "The application failed: {Reason}", fault.Message);
        EndThreads();
    }

    private void EndThreads()
    {
        _stopping.Cancel();
        foreach (var thread in Threads)
            thread.Queries.Wake();
    }

    private void MoveTo(ApplicationState next, ApplicationState from)
    {
        if (Interlocked.CompareExchange(ref _state, (int)next, (int)from) != (int)from)
            throw new CrashStreamsException($"The application can't go to {next}: it is {State}, not {from}. An instance is started once.");
    }
}
