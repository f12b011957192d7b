using CrashStreams.Instances;
using CrashStreams.Log;
using CrashStreams.Queries;
using CrashStreams.Time;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Runtime;

/// <summary>
/// One consumer, one producer and the tasks of the partitions that the group gave this thread. <see cref="RunOnce"/> polls, processes,
/// punctuates and commits; it never sleeps, starts no thread and takes time only from the provider. A running application calls it
/// in a loop; test driver and simulation call it by hand.
/// </summary>
internal sealed class StreamThread : IAssignmentListener, IDisposable
{
    /// <summary>Records of one input that wait for another, after which no more of it is fetched.</summary>
    internal const int MaxBuffered = 10_000;

    private const long IdleCommitMs = 100;

    private static readonly TimeSpan _endsPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(5);

    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly InternalTopics _topics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILogConsumer _consumer;
    private readonly ILogProducer _producer;
    private readonly ILogAdmin _admin;
    private readonly RecordCollector _collector;
    private readonly Restorer _restorer;
    private readonly RepartitionPurge _purge;
    private readonly ChangelogPurge? _changelogPurge;
    private readonly AssignedTasks _tasks;
    private readonly Func<InputPartition, bool> _isCaughtUp;
    private readonly Func<InputPartition, bool> _isConfirmed;
    private readonly IdleInputs _idle;
    private readonly ChangelogEnds _ends;
    private readonly Action<TopicPartition> _wrote;
    private readonly CacheBudget? _cache;
    private readonly StateCleaning? _cleaning;
    private readonly InstanceDirectory? _directory;
    private readonly Standbys? _standbys;
    private readonly LostOwners? _lostOwners;
    private readonly TimeSpan _longestWait;
    private long _processed;
    private long _lastCommitMs;
    private long _lastRunMs;
    private bool _mustVerifyMembership;
    private long _processedAtCommit;

    public StreamThread(string name, Topology topology, StreamsOptions options, InternalTopics topics, ILogClients clients, TimeProvider time, ILogger logger)
    {
        Name = name;
        _topology = topology;
        _options = options;
        _topics = topics;
        _time = time;
        _logger = logger;
        var exactlyOnce = options.Guarantee == ProcessingGuarantee.ExactlyOnce;
        _admin = clients.CreateAdmin($"{name}-admin");
        _producer = clients.CreateProducer($"{name}-producer", exactlyOnce ? name : null);
        _collector = new(_producer, exactlyOnce);
        _restorer = new(() => clients.CreateRestoreConsumer($"{name}-restore-consumer", exactlyOnce), _admin, new(name, options.OnRestore, time, logger), time);
        _ends = new(_admin, logger);
        _wrote = _ends.Wrote;
        if (options.State is { } state)
        {
            _cache = new(options.StateCacheBytes / options.Threads);
            _cleaning = new(state, options.ApplicationId, options.StateCleanupDelay, logger);
        }

        _purge = new(_admin, options.RepartitionPurgeInterval, logger);
        _changelogPurge = options.StreamTime == StreamTime.Watermarks ? new(_admin, options.RepartitionPurgeInterval, logger) : null;
        _consumer = clients.CreateConsumer($"{name}-consumer", options.ApplicationId, exactlyOnce);
        _tasks = new(name, topology, options.ApplicationId, topics, _consumer, logger);
        _longestWait = options.HasDirectory && options.PollWait > InstanceDirectory.MaxWait ? InstanceDirectory.MaxWait : options.PollWait;
        if (options.HasDirectory)
            _directory = new(name, options, clients, _admin, logger);
        if (exactlyOnce && _directory is not null)
            _lostOwners = new(name, options.ApplicationId, topology, _directory, clients, logger);
        if (options.StandbyReplicas > 0)
        {
            var counts = topology.SubTopologies.Where(s => s.Sources.Any()).ToDictionary(s => s.Id, s => topics.TaskCount(s, options.ApplicationId));
            _standbys = new(
                name, options, _directory!, counts, id => CreateTask(id, topology.SubTopologies.First(s => s.Id == id.SubTopology)),
                () => clients.CreateRestoreConsumer($"{name}-standby-consumer", exactlyOnce), _admin, logger);
        }

        Queries = new(_consumer.Wake);
        // A partition counts as caught up when everything up to the end that the broker last told was processed; unknown is not caught up.
        _isCaughtUp = input => _consumer.EndOffset(input.Partition) is >= 0 and var end
            && Math.Max(_consumer.Position(input.Partition), input.NextOffset) >= end;
        _idle = new(_admin, (long)options.IdleAfter.TotalMilliseconds);
        _isConfirmed = input => _idle.IsAtEnd(input, Math.Max(_consumer.Position(input.Partition), input.NextOffset));
    }

    public string Name { get; }

    /// <summary>What other threads ask about the stores; answered between two turns.</summary>
    public QueryMailbox Queries { get; }

    /// <summary>What is known of the other threads and instances; null when they don't tell.</summary>
    public InstanceDirectory? Directory => _directory;

    /// <summary>Whether so many warm copies have come to the end of their changelogs; other threads may ask.</summary>
    public bool StandbysAreComplete(int count) => _standbys?.Complete == count;

    public string ApplicationId => _options.ApplicationId;

    /// <summary>Tasks as of now; other threads may read it, because it is replaced and never changed.</summary>
    public IReadOnlyList<StreamTask> Tasks => _tasks.InOrder;

    /// <summary>Records read since the start; read by other threads for progress.</summary>
    public long ProcessedRecords => Volatile.Read(ref _processed);

    public void Start()
    {
        if (_options.Guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            // First: heirs of this thread's last life are not to fence this one.
            _directory?.Tell(NowMs(), []);
            _producer.InitTransactions();
        }

        _lastCommitMs = _lastRunMs = NowMs();
        EventTimeGauges.Add(this);
        var topics = _topology.SubTopologies.SelectMany(s => s.Sources)
            .SelectMany(s => s.Topics.Select(t => InternalTopics.FullName(_options.ApplicationId, t, s.IsRepartition))).Distinct().ToList();
        _consumer.Subscribe(topics, this);
    }

    /// <summary>One turn. Answers whether there was anything to do.</summary>
    public bool RunOnce()
    {
        var batch = Poll();
        var now = NowMs();
        if (now - _lastRunMs > _options.BlindAfter.TotalMilliseconds)
            WokeUp(now);
        _lastRunMs = now;
        foreach (var task in _tasks.InOrder)
            task.Context.Clock.LastWallClock = now;
        var any = batch.Count > 0;
        Process(batch, now);
        if (_restorer.IsActive)
        {
            any = true;
            Run(_restorer.RunOnce(batch.Count > 0 ? TimeSpan.Zero : _options.PollWait));
        }

        if (_options.StreamTime == StreamTime.Watermarks)
            _idle.Ask(now, _tasks.InOrder);
        if (_restorer.HasWaiting)
            Run(_restorer.RetryWaiting());

        var isCommitRequested = false;
        foreach (var task in _tasks.InOrder)
        {
            if (task.State != TaskState.Running)
                continue;
            any |= task.ProcessBuffered(_isCaughtUp);
            LimitBuffers(task);
            task.AdvanceClock(now, _isCaughtUp, _isConfirmed);
            task.PunctuateWallClock(now);
            task.TellWatermark(now, withCommit: false);
            isCommitRequested |= task.Context.CommitRequested;
        }

        // After a sleep in the middle of this turn the tasks may be somebody else's: the next poll may tell.
        isCommitRequested |= _cache?.IsFull(_tasks.InOrder) == true;
        _cleaning?.RunOnce(now);
        _directory?.RunOnce(now, TasksToTell);
        _lostOwners?.RunOnce(now);
        _standbys?.RunOnce(now, _tasks.Contains, _standbys.IsFarBehind && batch.Count == 0 && _options.PollWait > _glance ? _glance : TimeSpan.Zero);
        var isAwake = NowMs() - now <= _options.BlindAfter.TotalMilliseconds;
        if (isAwake && (isCommitRequested || now - _lastCommitMs >= CommitIntervalMs(isIdle: !any)))
            Commit();
        Queries.Serve();
        return any;
    }

    private LogBatch Poll()
    {
        try
        {
            return _consumer.Poll(PollWait());
        }
        catch (LogException e) when (e.OutOfRange is { } partition && IsRepartition(partition.Topic))
        {
            // Only what the group has committed is deleted there (RepartitionPurge): another instance has gone on while this one slept.
            throw new LogException($"{partition} was read on by another instance: {e.Message}", e) { IsFenced = true };
        }
    }

    // A pause after records is noticed soon, so that they are committed soon; then there is nothing to do but wait.
    private TimeSpan PollWait() =>
        _restorer.IsActive || _standbys?.IsFarBehind == true ? TimeSpan.Zero : _processed > _processedAtCommit && _longestWait > _glance ? _glance : _longestWait;

    private List<MemberTask> TasksToTell() => _tasks.InOrder.Select(t => new MemberTask(t.Id, t.State switch
    {
        TaskState.Running => MemberTaskState.Running,
        _ when _restorer.IsWaiting(t) => MemberTaskState.Waiting,
        _ => MemberTaskState.Restoring,
    }, t.CommittedWatermark)).Concat(_standbys?.Tasks.Select(static id => new MemberTask(id, MemberTaskState.Standby)) ?? []).ToList();

    private bool IsRepartition(string topic) =>
        _topology.RepartitionTopics.Keys.Any(t => InternalTopics.FullName(_options.ApplicationId, t, true) == topic);

    // With nothing to do, what was processed is committed soon: readers of the results and whoever waits for the end of a backlog get it earlier.
    private long CommitIntervalMs(bool isIdle)
    {
        var intervalMs = (long)_options.EffectiveCommitInterval.TotalMilliseconds;
        return isIdle && _processed > _processedAtCommit ? Math.Min(intervalMs, IdleCommitMs) : intervalMs;
    }

    // An input that waits for a blocked one is not to fill the memory.
    private void LimitBuffers(StreamTask task)
    {
        if (!task.HasBuffered && !task.IsHoldingBack)
            return;
        foreach (var input in task.Inputs)
        {
            if (!input.IsHeldBack && input.Buffer.Count >= MaxBuffered)
                _consumer.Pause([input.Partition]);
            else if (input.IsHeldBack && input.Buffer.Count < MaxBuffered / 2)
                _consumer.Resume([input.Partition]);
            else
                continue;
            input.IsHeldBack = !input.IsHeldBack;
        }
    }

    // Without a transaction nothing keeps a sleeper's late writes out of a changelog where they would set newer values back, so it asks before
    // it writes: to commit again what is committed (the beginning, where nothing is) changes nothing and is refused to one whom the group has left behind.
    private void VerifyMembership()
    {
        _mustVerifyMembership = false;
        if (_options.Guarantee == ProcessingGuarantee.ExactlyOnce)
            return;
        if (CommittedBefore() is { Count: > 0 } committed)
            _consumer.Commit(committed);
    }

    private Dictionary<TopicPartition, OffsetAndMetadata> CommittedBefore()
    {
        var inputs = _tasks.InOrder.SelectMany(t => t.Inputs).ToList();
        var known = inputs.Where(i => i.CommittedOffset >= 0).ToList();
        return (known.Count > 0 ? known : inputs).ToDictionary(i => i.Partition, i => new OffsetAndMetadata(Math.Max(0, i.CommittedOffset), i.CommittedMetadata));
    }

    /// <summary>Makes results, state and positions durable, in this one place for both guarantees.</summary>
    public void Commit()
    {
        if (_mustVerifyMembership)
            VerifyMembership();
        var now = NowMs();
        _lastCommitMs = now;
        _processedAtCommit = _processed;
        var running = _tasks.InOrder.Where(t => t.State == TaskState.Running).ToList();
        // Before the group confirms anything: see ChangelogEnds.
        var ends = _ends.Told;
        var offsets = new Dictionary<TopicPartition, OffsetAndMetadata>();
        foreach (var task in running)
        {
            task.TellWatermark(now, withCommit: true);
            task.PrepareCommit(offsets);
        }

        // A transaction is fenced by the group through its offsets: one without any is a marker or a punctuation that a sleeper could still commit.
        // Positions are only written with what the group confirms, too.
        if (offsets.Count == 0 && (_collector.InTransaction || OwesPosition(running, ends)))
            offsets = CommittedBefore();
        _collector.Commit(_consumer, offsets);
        foreach (var task in running)
            task.Committed(offsets, ends, _wrote);
        _ends.AskWhenDue(now);
        _purge.RunOnce(now, running.SelectMany(t => t.Inputs));
        _changelogPurge?.RunOnce(now, running);
    }

    private static bool OwesPosition(List<StreamTask> tasks, IReadOnlyDictionary<TopicPartition, long> ends)
    {
        foreach (var task in tasks)
        {
            if (task.Local?.Owes(ends) == true)
                return true;
        }

        return false;
    }

    /// <summary>Ends in order: what was processed is committed, then the group is left.</summary>
    public void Stop()
    {
        Commit();
        if (_options.State is not null)
        {
            // So that the next start has nothing to restore.
            _ends.AskNow(_endsPatience);
            Commit();
        }

        Leave([.. Tasks.SelectMany(t => t.Inputs).Select(i => i.Partition)]);
        _standbys?.Stop();
        _directory?.Leave(NowMs());
    }

    public void Dispose()
    {
        EventTimeGauges.Remove(this);
        Queries.Close();
        foreach (var task in _tasks.InOrder)
            task.Local?.Close(isInOrder: false);
        _purge.Dispose();
        _changelogPurge?.Dispose();
        _restorer.Dispose();
        _consumer.Dispose();
        _producer.Dispose();
        _standbys?.Dispose();
        _directory?.Dispose();
        _admin.Dispose();
    }

    IReadOnlyDictionary<TopicPartition, long> IAssignmentListener.Assigned(IReadOnlyCollection<TopicPartition> partitions)
    {
        _lostOwners?.Suspect(partitions, NowMs(), TasksToTell);
        var starts = new Dictionary<TopicPartition, long>();
        var committed = _consumer.Committed(partitions);
        foreach (var (partition, position) in committed)
            starts[partition] = position.Offset;
        var created = _tasks.Add(partitions, TakeTask);
        // A task may be complete only with partitions of an earlier assignment; their positions are asked for as well.
        var others = created.SelectMany(t => t.Inputs).Select(i => i.Partition).Where(p => !partitions.Contains(p)).ToList();
        var earlier = others.Count == 0 ? committed : _consumer.Committed(others);
        foreach (var input in created.SelectMany(t => t.Inputs))
        {
            if (committed.TryGetValue(input.Partition, out var position) || earlier.TryGetValue(input.Partition, out position))
                input.Task.RestoreTime(input, position);
        }

        foreach (var task in created)
            task.MoveTo(TaskState.Restoring);
        Run(_restorer.Begin(created));
        return starts;
    }

    void IAssignmentListener.Revoked(IReadOnlyCollection<TopicPartition> partitions)
    {
        try
        {
            Commit();
        }
        catch (LogException e) when (e.IsFenced)
        {
            // The group went on without us: the partitions are somebody else's already, and what was not committed is theirs to do again.
            _logger.LogWarning(e, "{Thread}: the last commit for revoked partitions came too late: {Reason}", Name, e.Message);
            _mustVerifyMembership = true;
            AbandonTransaction(partitions);
            // At-least-once: what the tasks that stay have changed is in their changelogs, and their caches take it for written. Evicted, it is looked for in the engine.
            foreach (var task in _tasks.InOrder)
                task.Local?.Write(null, _wrote);
            return;
        }

        Leave(partitions);
    }

    void IAssignmentListener.Lost(IReadOnlyCollection<TopicPartition> partitions)
    {
        AbandonTransaction(partitions);
    }

    // One transaction holds what all tasks have written: with it goes also what those wrote that stay, while their positions and state have gone on.
    private void AbandonTransaction(IReadOnlyCollection<TopicPartition> partitions)
    {
        var wasOpen = _collector.InTransaction;
        _collector.Abort();
        Leave(partitions);
        if (wasOpen && Tasks.Count > 0)
            throw new LogException($"A transaction was aborted that also held results of {string.Join(' ', Tasks.Select(t => t.Id))}: they begin again from what is committed.") { IsFenced = true };
    }

    // Nobody looked for a while: the inputs may be full of records that the client has not heard of yet, and the tasks somebody else's.
    private void WokeUp(long now)
    {
        _mustVerifyMembership = true;
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

        // Before the group gives them to another, who would take this thread for dead.
        if (_lostOwners is not null)
            _directory!.Tell(NowMs(), TasksToTell());
    }

    private StreamTask TakeTask(TaskId id, Topologies.SubTopology subTopology)
    {
        var task = _standbys?.Take(id) ?? CreateTask(id, subTopology);
        // A warm copy was made some time ago: its inputs are quiet from now on, not from then.
        foreach (var clock in task.Inputs.Select(i => i.Clock).OfType<SourceClock>())
            clock.LastActivityMs = NowMs();
        return task;
    }

    private StreamTask CreateTask(TaskId id, Topologies.SubTopology subTopology)
    {
        var context = new TaskContext(id, _options, _time, _collector);
        return new(context, subTopology, _topology.HorizonMs, _topics.PartitionsOf, _topics.WritersOf)
        {
            Local = _options.State is { } state && context.Stores.Count > 0 ? new(state, ApplicationId, id, context.Stores, _time, _logger) : null,
        };
    }

    private void Run(IReadOnlyList<StreamTask> tasks)
    {
        foreach (var task in tasks)
        {
            task.Context.Clock.LastWallClock = NowMs();
            task.MoveTo(TaskState.Running);
            _tasks.Resume(task);
        }
    }

    private void Process(LogBatch batch, long now)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            var input = _tasks.InputOf(batch, record.PartitionIndex);
            if (input is null)
                continue;
            if (input.Task.State == TaskState.Running)
                input.Task.Take(batch, i, in record, input);
            else
                _tasks.Postpone(input, record.Offset);
        }

        if (batch.Count > 0)
            Volatile.Write(ref _processed, _processed + batch.Count);
    }

    public long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
