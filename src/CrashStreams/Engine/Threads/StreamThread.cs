using System.Runtime.ExceptionServices;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Telemetry;
using CrashStreams.Time;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// One consumer, one producer and the tasks of the partitions that the group gave this thread. <see cref="RunOnce"/> is one turn: a list of small steps, bounded by time. It
/// never sleeps, starts no thread and takes time only from the provider. A running application calls it in a loop; test driver and simulation call it by hand.
/// </summary>
internal sealed class StreamThread : IAssignmentListener, IDisposable
{
    // A member of a group hears what it is given within a heartbeat (5 s by default). One that is given nothing is not told so by every protocol.
    private const long LongestJoinMs = 10_000;

    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(5);

    // What was written together comes within so long, also from several partitions.
    private static readonly TimeSpan _shortGlance = TimeSpan.FromMilliseconds(1);

    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILogConsumer _consumer;
    private readonly ILogProducer _producer;
    private readonly ILogAdmin _admin;
    private readonly RecordCollector _collector;
    private readonly Committer _committer;
    private readonly Restorer _restorer;
    private readonly AssignedTasks _tasks;
    private readonly AwakeTasks _awake;
    private readonly List<string> _inputTopics;
    private readonly InputWatch _inputs;
    private readonly StartPositions _positions;
    private readonly GroupWatch? _group;
    private readonly CacheBudget? _cache;
    private readonly InstanceDirectory? _directory;
    private readonly Standbys? _standbys;
    private readonly LostOwners? _lostOwners;
    private readonly TimeSpan _longestWait;
    private readonly Turn _turn;
    private readonly TaskMaker _maker;
    private readonly TurnOwner _owner = new();
    private readonly PauseLog _pauses;
    private readonly PollStep _poll;
    private readonly TakeStep _take;
    private readonly RestoreStep _restore;
    private readonly BufferStep _buffer;
    private readonly ITurnStep[] _steps;
    private readonly ClaimStep _claim;
    private readonly GlobalTables? _globals;
    private readonly EngineGauges _gauges;
    private readonly bool _ownsGauges;
    private readonly ApplicationMeter _meter;
    private readonly ThreadTime _spent;
    private readonly RestoreReport _restores;
    private long _processed;

    // Since when nothing is assigned, milliseconds; -1 when something is. Other threads may read it.
    private long _unassignedSinceMs = long.MaxValue;

    /// <param name="name">Its name, which its clients' ids begin with.</param>
    /// <param name="topology">What it runs.</param>
    /// <param name="options">How.</param>
    /// <param name="topics">The application's topics.</param>
    /// <param name="clients">Makes its clients; they end with the thread.</param>
    /// <param name="time">The wall clock.</param>
    /// <param name="logger">Throws nothing.</param>
    /// <param name="own">Positions that the application remembers over the lives of its threads.</param>
    /// <param name="group">Notified of each change of the assignment.</param>
    /// <param name="gauges">The application's meter; null: of the thread alone.</param>
    /// <param name="aside">Makes the clients of what may outlive the thread; null: <paramref name="clients"/> do.</param>
    public StreamThread(
        string name, Topology topology, StreamsOptions options, InternalTopics topics, ILogClients clients, TimeProvider time, ILogger logger, OwnPositions? own = null, GroupWatch? group = null,
        EngineGauges? gauges = null, ILogClients? aside = null)
    {
        own ??= new();
        _group = group;
        Name = name;
        (_gauges, _ownsGauges) = (gauges ?? new(options.ApplicationId, null), gauges is null);
        _meter = _gauges.Counts;
        _spent = _meter.TimeOf(Tag, time);
        _topology = topology;
        _options = options;
        _time = time;
        _logger = logger;
        var exactlyOnce = options.Delivery.Guarantee == ProcessingGuarantee.ExactlyOnce;
        _admin = clients.CreateAdmin($"{name}-admin");
        _producer = clients.CreateProducer($"{name}-producer", exactlyOnce ? name : null, topics.MaxBatchBytes);
        _collector = new(_producer, exactlyOnce, options.Delivery.Shuffle == ShuffleFormat.Packed, topics.WrittenBy(name, topic => _meter.Written(Tag, topic)), _admin, time);
        // Changelogs may hold aborted transactions of a time under exactly-once.
        _restores = new(name, _meter, Tag, options.State.OnRestore, time, logger);
        _restorer = new(() => clients.CreateRestoreConsumer($"{name}-restore-consumer", readCommitted: true), _admin, _restores, time);
        if (options.State.Storage is not null)
            _cache = new(options.State.CacheBytes / options.Threads);

        _consumer = clients.CreateConsumer($"{name}-consumer", options.ApplicationId, options.Delivery.ReadsCommitted);
        _tasks = new(name, topology, topics, _consumer, logger);
        _awake = new(_tasks);
        var transactionTimeoutMs = clients.TransactionTimeout is { } timeout ? (long)timeout.TotalMilliseconds : long.MaxValue;
        var announcer = new WatermarkAnnouncer(options, _tasks, _collector);
        _committer = new(options, _tasks, _consumer, _collector, announcer, _admin, own, time, logger) { OnCommitted = Committed, TransactionTimeoutMs = transactionTimeoutMs };
        _pauses = new(name, transactionTimeoutMs, logger);
        _positions = new(options, topology, topics, _consumer, _admin, own, _meter, logger);
        _longestWait = options.HasDirectory && options.PollWait > InstanceDirectory.MaxWait ? InstanceDirectory.MaxWait : options.PollWait;
        if (options.HasDirectory)
            _directory = new(name, options, clients, _admin, logger);
        if (exactlyOnce && _directory is not null)
            _lostOwners = new(name, options.ApplicationId, topology, _directory, aside ?? clients, logger);
        if (topology.GlobalTables.Count > 0)
            _globals = new(topology.GlobalTables, options, time, () => clients.CreateRestoreConsumer($"{name}-global-consumer", readCommitted: true), _admin, _collector, _meter, logger);
        _maker = new(topology, options, topics, _collector, _meter, _globals, _positions, _owner, time, logger);
        if (options.State.StandbyReplicas > 0)
        {
            var counts = topology.SubTopologies.Where(s => s.Sources.Any()).ToDictionary(s => s.Id, s => topics.TasksOf(s).Count);
            _standbys = _maker.Standbys = new(
                name, options, _directory!, counts, _maker.Make,
                () => clients.CreateRestoreConsumer($"{name}-standby-consumer", readCommitted: true), _admin, logger);
        }

        _inputTopics = topology.SubTopologies.SelectMany(s => s.Sources)
            .SelectMany(s => s.Topics.Select(t => InternalTopics.FullName(options.ApplicationId, t, s.IsRepartition))).Distinct().ToList();
        _inputs = new(new(topology, topics, options, time, logger), _inputTopics, _admin, options.DeletedAfter);
        Queries = new(_consumer.Wake);
        _turn = new(new(time, IsTurnOver));
        _restore = new(_restorer, _tasks, options.PollWait, name, logger);
        _buffer = new(_awake, _consumer);
        _steps =
        [
            new ClockStep(_tasks, _awake, new(_admin, (long)options.Time.IdleAfter.TotalMilliseconds), announcer, options.Time.Clock == StreamTime.Watermarks),
            new TopicStep(_inputs, options.State.Storage is { } state ? new(state, options.ApplicationId, options.State.CleanupDelay, logger) : null),
            new MembershipStep(_directory, new(_consumer), () => IsJoining, _lostOwners, _standbys, _tasks, TasksToTell, options.PollWait < _glance ? options.PollWait : _glance),
            new CommitStep(_committer, _cache, _tasks, () => _processed),
            new QueryStep(Queries),
        ];
        _poll = new(_consumer, _tasks, _collector, _positions, PollWait, IsRepartition);
        _claim = new(_tasks, _committer, () => _processed);
        _take = new(_tasks, _awake, count => Volatile.Write(ref _processed, _processed + count));
    }

    public string Name { get; }

    /// <summary>Its number among the instance's threads, as in its name: for metrics, whose tags should not change with each start.</summary>
    public string Tag => Name[(Name.LastIndexOf('-') + 1)..];

    /// <summary>What other threads ask about the stores; answered between two turns.</summary>
    public QueryMailbox Queries { get; }

    /// <summary>What is known of the other threads and instances; null when they don't tell.</summary>
    public InstanceDirectory? Directory => _directory;

    /// <summary>How far the warm copies here are behind; other threads may ask.</summary>
    public IReadOnlyList<(TaskId Task, long Records)> StandbyLags => _standbys?.Lags ?? [];

    /// <summary>How many warm copies have come to the end of their changelogs; other threads may ask.</summary>
    public int CompleteStandbys => _standbys?.Complete ?? 0;

    public string ApplicationId => _options.ApplicationId;

    /// <summary>The thread's copies of global tables; null without any.</summary>
    public GlobalTables? Globals => _globals;

    /// <summary>Whether the application is to end, asked while global tables are read.</summary>
    public Func<bool> IsStopping { get; init; } = static () => false;

    /// <summary>Tasks as of now; other threads may read it, because it is replaced and never changed.</summary>
    public IReadOnlyList<StreamTask> Tasks => _tasks.InOrder;

    /// <summary>What keeps tasks from running although they are assigned here; null when nothing does. Other threads may ask.</summary>
    public string? Blocked => _restore.Blocked;

    /// <summary>How many of the assigned tasks run; the others restore. Other threads may ask.</summary>
    public (int Running, int Assigned) TaskCounts
    {
        get
        {
            var tasks = _tasks.InOrder;
            return (tasks.Count(static t => t.State == TaskState.Running), tasks.Length);
        }
    }

    /// <summary>Whether the group has yet to assign partitions. Other threads may ask.</summary>
    public bool IsJoining => Volatile.Read(ref _unassignedSinceMs) is >= 0 and var since && NowMs() - since < LongestJoinMs;

    /// <summary>Offsets of changelogs that are left to restore. Other threads may ask.</summary>
    public long RestoreRemaining => _restores.Remaining;

    /// <summary>Records read since the start; read by other threads for progress.</summary>
    public long ProcessedRecords => Volatile.Read(ref _processed);

    public void Start()
    {
        _owner.Enter();
        if (_options.Delivery.Guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            // First: heirs of this thread's last life are not to fence this one.
            _directory?.Tell(NowMs(), []);
            _producer.InitTransactions();
        }

        _globals?.Start(() => IsStopping());
        _committer.Begin(_turn.Pace.Start());
        _gauges.Add(this);
        _spent.Begin();
        Volatile.Write(ref _unassignedSinceMs, NowMs());
        _consumer.Subscribe(_inputTopics, this);
    }

    /// <summary>One turn. Answers whether there was anything to do.</summary>
    public bool RunOnce()
    {
        _owner.Enter();
        (_turn.IsBusy, _turn.IsCommitRequested) = (_globals?.Follow() ?? false, false);
        _poll.Run(_turn);
        _meter.Polled(_spent.Polled());
        var hasRecords = !_turn.IsBatchDone;
        _awake.Begin(NowMs());
        foreach (var task in _awake.InTurn)
            hasRecords |= task.HasBuffered;
        _turn.NowMs = _turn.Pace.Begin(hasRecords);
        foreach (var task in _awake.InTurn)
            task.Context.BeginTurn(_turn.NowMs);
        _claim.Run(_turn);
        _take.Run(_turn);
        _spent.Processed();
        _restore.Run(_turn);
        _spent.DidOther();
        _buffer.Run(_turn);
        _spent.Processed();
        if (_meter.WantsLatency && _turn.IsBusy)
            TellLatency();
        foreach (var step in _steps)
            step.Run(_turn);
        _spent.DidOther();
        _owner.Leave();
        return _turn.IsBusy;
    }

    private void TellLatency()
    {
        var nowMs = NowMs();
        foreach (var task in _tasks.InOrder)
            task.TellLatency(nowMs);
    }

    private void Committed(long ticks)
    {
        _spent.Committed(ticks);
        _meter.Committed(Tag, _time.GetElapsedTime(0, ticks));
    }

    // Asked at each look: whether another step of the turn can't wait.
    private bool IsTurnOver(long nowMs, long sinceLastLookMs)
    {
        // Slow code is looked at between its records; who was away for longer than a record takes was suspended, or one record took that long.
        if (sinceLastLookMs > _options.BlindAfter.TotalMilliseconds)
            OnResumedAfterPause(nowMs, sinceLastLookMs);
        return _committer.IsDue(nowMs, isIdle: false, _processed) || (sinceLastLookMs > 0 && _cache?.IsFull(_tasks.InOrder) == true);
    }

    // A pause after records is noticed soon, so that they are committed soon; then there is nothing to do but wait.
    private TimeSpan PollWait(Turn turn)
    {
        if (turn.HasMore || _restorer.IsActive || _standbys?.IsFarBehind == true)
            return TimeSpan.Zero;
        var wait = _committer.CommitsEarly(turn.NowMs, _processed) ? _shortGlance : _committer.IsBehind(_processed) ? _glance : _longestWait;
        return wait < _longestWait ? wait : _longestWait;
    }

    private List<MemberTask> TasksToTell() => _tasks.InOrder.Select(t => new MemberTask(t.Id, t.State switch
    {
        TaskState.Running => MemberTaskState.Running,
        _ when _restorer.IsWaiting(t) => MemberTaskState.Waiting,
        _ => MemberTaskState.Restoring,
    }, t.CommittedWatermark)).Concat(_standbys?.Tasks.Select(static id => new MemberTask(id, MemberTaskState.Standby)) ?? []).ToList();

    private bool IsRepartition(string topic) =>
        _topology.RepartitionTopics.Keys.Any(t => InternalTopics.FullName(_options.ApplicationId, t, true) == topic);

    /// <summary>Makes results, state and positions durable.</summary>
    public void Commit()
    {
        _owner.Enter();
        _committer.Commit(_processed);
    }

    /// <summary>Ends in order: what was processed is committed, then the group is left.</summary>
    public void Stop()
    {
        _owner.Enter();
        _committer.CommitLast(_processed);
        Leave([.. Tasks.SelectMany(t => t.Inputs).Select(i => i.Partition)]);
        _standbys?.Stop();
        _directory?.Leave(NowMs());
    }

    public void Dispose()
    {
        _gauges.Remove(this);
        if (_ownsGauges)
            _gauges.Dispose();
        _turn.Pace.Dispose();
        Queries.Close();
        var faults = new List<Exception>();
        foreach (var task in _tasks.InOrder)
            End(() => task.Local?.Close(isInOrder: false));
        foreach (var part in new IDisposable?[] { _committer, _restorer, _globals, _consumer, _producer, _standbys, _directory, _admin })
            End(() => part?.Dispose());
        if (faults.Count > 0)
            ExceptionDispatchInfo.Throw(faults[0]);

        // What can't be closed keeps nothing else open: a consumer that is left keeps its partitions, a store its lock.
        void End(Action close)
        {
            try
            {
                close();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                faults.Add(e);
            }
        }
    }

    IReadOnlyDictionary<TopicPartition, long> IAssignmentListener.Assigned(IReadOnlyCollection<TopicPartition> partitions)
    {
        _meter.Rebalanced(Tag, "assigned");
        _inputs.AssignmentChanged();
        _group?.AssignmentChanged();
        _lostOwners?.Suspect(partitions, NowMs(), TasksToTell);
        var starts = _positions.Of(partitions);
        var created = _tasks.Add(partitions, _maker.Take);
        // A task may be complete only with partitions of an earlier assignment, which another task had.
        _positions.Refresh(created.SelectMany(static t => t.Inputs).Select(static i => i.Partition).Where(p => !partitions.Contains(p)).ToList());
        foreach (var input in created.SelectMany(static t => t.Inputs))
            _positions.Apply(input);
        _claim.Added(created);
        foreach (var task in created)
            task.MoveTo(TaskState.Restoring);
        _tasks.Run(_restorer.Begin(created), NowMs());
        Volatile.Write(ref _unassignedSinceMs, -1);
        return starts;
    }

    void IAssignmentListener.Revoked(IReadOnlyCollection<TopicPartition> partitions)
    {
        _meter.Rebalanced(Tag, "revoked");
        _inputs.AssignmentChanged();
        _group?.AssignmentChanged();
        try
        {
            Commit();
        }
        catch (LogException e) when (e.IsFenced)
        {
            // The group went on without us: the partitions are somebody else's already, and what was not committed is theirs to do again.
            _logger.RevokedBeforeCommit(e, Name, e.Message);
            _committer.MistrustMembership();
            AbandonTransaction(partitions);
            _committer.KeepRefused();
            return;
        }

        Leave(partitions);
    }

    void IAssignmentListener.Lost(IReadOnlyCollection<TopicPartition> partitions)
    {
        _meter.Rebalanced(Tag, "lost");
        _inputs.AssignmentChanged();
        _group?.AssignmentChanged();
        AbandonTransaction(partitions);
    }

    // One transaction holds what all tasks have written: with it goes also what those wrote that stay, while their positions and state have gone on.
    private void AbandonTransaction(IReadOnlyCollection<TopicPartition> partitions)
    {
        var wasOpen = _committer.Abandon();
        Leave(partitions);
        if (wasOpen && Tasks.Count > 0)
            throw new LogException($"A transaction was aborted that also held results of {string.Join(' ', Tasks.Select(t => t.Id))}: they begin again from what is committed.") { IsFenced = true };
    }

    // Nobody looked for a while: the inputs may be full of records that the client has not heard of yet, and the tasks somebody else's.
    private void OnResumedAfterPause(long now, long pauseMs)
    {
        _pauses.Paused(_turn, _collector.InTransaction, now, pauseMs);
        _committer.MistrustMembership();
        foreach (var clock in _tasks.InOrder.SelectMany(t => t.Inputs).Select(i => i.Clock).OfType<SourceClock>())
            clock.LastActivityMs = now;
    }

    private void Leave(IReadOnlyCollection<TopicPartition> partitions)
    {
        _tasks.Remove(partitions, task =>
        {
            _restorer.Remove(task);
            task.Close();
            task.Local?.Close(isInOrder: true);
        });

        _positions.Forget(partitions);
        if (_tasks.IsUnassigned)
            Volatile.Write(ref _unassignedSinceMs, NowMs());
        // Before the group gives them to another, who would take this thread for dead.
        if (_lostOwners is not null)
            _directory!.Tell(NowMs(), TasksToTell());
    }

    public long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
