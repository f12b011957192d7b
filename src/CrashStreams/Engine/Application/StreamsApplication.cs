using System.Diagnostics.Metrics;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;

namespace CrashStreams;

/// <summary>Runs a topology on a log: one instance of an application. Instances with the same application id share the work.</summary>
public sealed class StreamsApplication : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan _connectionLook = TimeSpan.FromSeconds(1);

    private readonly ApplicationContext _context;
    private readonly string _instance;
    private readonly ApplicationLife _life = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly QuietLog _quiet;
    private readonly StatusBoard _board;
    private readonly LogConnection _connection;
    private readonly OwnPositions _own = new();
    private readonly GroupWatch _group;
    private readonly Watches _watches;
    private readonly EngineGauges _gauges;
    private Workers? _workers;
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
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clients);
        options.Validate();
        SideTopicLoops.Check(topology, options);
        time ??= TimeProvider.System;
        _instance = clients.InstanceName ?? Guid.NewGuid().ToString("N")[..8];
        // What is set later does not reach a running application.
        _context = new(
            $"{options.ApplicationId}-{_instance}", topology, options with { }, clients, time, new GuardedLogger((loggers ?? NullLoggerFactory.Instance).CreateLogger<StreamsApplication>()));
        _gauges = new(options.ApplicationId, meters);
        _gauges.Show(() => Status.Activity);
        _quiet = new(_context.Logger, time);
        _board = new(_quiet);
        _connection = new(clients, $"{_context.Name}-admin", options.ConnectTimeout, time, _board);
        _group = new(options.ApplicationId, _instance, _own, _board, time);
        _watches = new(Fail, time);
        _life.Changed = OnStateChanged;
    }

    /// <summary>
    /// Raised after each change of <see cref="State"/>, with the state before and the state now, in their order. It comes from the thread that made the change, which may be a stream thread: a handler
    /// that waits for the application waits for itself. What a handler throws is logged.
    /// </summary>
    public event Action<ApplicationState, ApplicationState>? StateChanged;

    /// <summary>Where the instance stands.</summary>
    public ApplicationState State => _life.State;

    /// <summary>What the instance is doing, and what keeps it from its work.</summary>
    public ApplicationStatus Status => State switch
    {
        ApplicationState.Created => new(ApplicationActivity.Created),
        ApplicationState.Starting => _board.Worst ?? new(ApplicationActivity.PreparingTopics),
        ApplicationState.Running => _board.WorstOf(_workers!.Status),
        ApplicationState.Stopping => new(ApplicationActivity.Stopping),
        ApplicationState.Stopped => new(ApplicationActivity.Stopped),
        _ => new(ApplicationActivity.Failed, _life.Fault?.Message ?? ""),
    };

    /// <summary>Ends when the instance has stopped; faulted with what went wrong when it failed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Records read by this instance since its start, those of internal topics included.</summary>
    public long ProcessedRecords => _workers?.ProcessedRecords ?? 0;

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
    internal IEnumerable<StreamThread> Threads => _workers?.Threads ?? [];

    /// <summary>
    /// Checks and creates the application's topics and starts its threads. While the log does not answer it waits; <see cref="Status"/> and the log of the application say what is
    /// tried and why it fails, and <see cref="StreamsOptions.ConnectTimeout"/> limits it. A host that starts other things meanwhile does not await it at once.
    /// </summary>
    /// <param name="cancellation">Gives up; the instance is stopped then.</param>
    /// <exception cref="TopologyException">Topics are missing or don't fit.</exception>
    /// <exception cref="LogException">The log refuses what the application needs, or could not be reached in time.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled, or the instance was stopped meanwhile.</exception>
    /// <exception cref="ObjectDisposedException">The instance was disposed: make another one.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) == 1, this);
        if (!_life.TryMoveTo(ApplicationState.Starting))
            throw new CrashStreamsException($"The application can't be started: it is {State}. An instance is started once.");
        foreach (var warning in _context.Topology.Warnings)
            _context.Logger.TopologyWarning(warning);
        try
        {
            // All watches begin before the threads do, which may end at once.
            _watches.Begin(WatchLogAsync);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
            var topics = await _connection.AskAsync(PrepareAsync, either.Token).ConfigureAwait(false);
            _watches.Begin(WatchConnectionAsync);
            _stores = new(_context.Topology, _context.Options, topics, () => State == ApplicationState.Running ? Threads : throw NotRunning());
            either.Token.ThrowIfCancellationRequested();
            _workers = new(_context, topics, _connection, _quiet, Fail, End, _stopping.Token) { Own = _own, Group = _group, Gauges = _gauges, Aside = new WatchedClients(_context.Clients, _watches) };
            // A watch may have failed meanwhile.
            if (!_life.TryMoveTo(ApplicationState.Running))
                throw _life.Fault!;
            _group.AssignmentChanged();
            _workers.Start();
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
                Fail(e);
            EndThreads();
            await _watches.EndAsync().ConfigureAwait(false);
            End();
            // A watch that has failed cancels the start.
            if (_life.Fault is { } fault && fault != e)
                throw fault;
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
        _life.TryMoveTo(ApplicationState.Stopping);
        EndThreads();
        try
        {
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
    /// <exception cref="InvalidOperationException">The application was not started.</exception>
    public Task CaughtUpAsync(CancellationToken cancellation = default) => State == ApplicationState.Created
        ? throw new InvalidOperationException($"The application was not started: call {nameof(StartAsync)} first.")
        : new CaughtUp(_context, _life, Completion).WaitAsync(cancellation);

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
        if (_context.Options.HostInfo is null)
            throw new InvalidOperationException($"Set {nameof(StreamsOptions.HostInfo)} on every instance: without it they don't tell each other what they hold.");
        var task = (_stores ?? throw NotRunning()).TaskOf(store, key);
        var nowMs = _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
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
        catch (Exception e) when (e == _life.Fault)
        {
            _context.Logger.FaultAlreadyReported(e);
        }

        _gauges.Dispose();
        _stopping.Dispose();
    }

    private async Task<InternalTopics> PrepareAsync(ILogAdmin admin, CancellationToken cancellation)
    {
        var (_, topology, options, clients, time, logger) = _context;
        var topics = await InternalTopics.PrepareAsync(topology, options, admin, logger, cancellation).ConfigureAwait(false);
        // Committed offsets are asked for in a call that waits.
        await Task.Run(
            async () =>
            {
                using var group = clients.CreateConsumer($"{_context.Name}-positions", options.ApplicationId, readCommitted: true);
                await new LostPositions(topology, options, topics, _own, time, logger).MendAsync(admin, group, cancellation).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
        return topics;
    }

    // What keeps the application from its work although the log answers: transactions that do not end, also before the start, and strangers in the group.
    private async Task WatchLogAsync()
    {
        using var admin = _context.Clients.CreateAdmin($"{_context.Name}-watch-admin");
        var transactions = new StuckTransactions(_context, _board);
        await Task.WhenAll(transactions.RunAsync(admin, _stopping.Token), _group.RunAsync(admin, _stopping.Token)).ConfigureAwait(false);
    }

    // Clients retry by themselves for minutes before a call fails: until then only this says that the log is away.
    private async Task WatchConnectionAsync()
    {
        while (true)
        {
            await Task.Delay(_connectionLook, _context.Time, _stopping.Token).ConfigureAwait(false);
            if (_context.Clients.ConnectionFault is not null)
                await _connection.AskAsync((admin, token) => admin.PartitionCountsAsync(_context.Topology.SourceTopics.ToList(), token), _stopping.Token).ConfigureAwait(false);
        }
    }

    private void OnStateChanged(ApplicationState before, ApplicationState now)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(StateChanged))
        {
            try
            {
                handler(before, now);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _context.Logger.StateHandlerThrew(e, $"{before}", $"{now}", e.Message);
            }
        }
    }

    private void Fail(Exception fault)
    {
        if (!_life.TryFail(fault))
            return;
        _context.Logger.ApplicationFailed(fault, fault.Message);
        EndThreads();
    }

    // Called by whoever is the last: the thread that ends behind all others, or a start that got no threads. Nothing of the application runs after that.
    private void End()
    {
        _watches.EndAsync().GetAwaiter().GetResult();
        _life.TryMoveTo(ApplicationState.Stopping);
        if (_life.TryMoveTo(ApplicationState.Stopped))
            _completion.TrySetResult();
        else
            _completion.TrySetException(_life.Fault!);
    }

    private void EndThreads()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was stopped before it was disposed of.
        }

        _workers?.Wake();
    }
}
