using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Warm copies of tasks that others have: their stores follow the changelogs, a batch per turn of the thread and without waiting. When such a task is assigned here it is
/// taken over as it is, and the restorer adds the tail. A copy writes nothing to the log. What it has read is decided (the last stable offset), so the offset behind it is
/// a position that holds whoever writes the changelog.
/// </summary>
internal sealed class Standbys : IDisposable
{
    private const long PlanMs = 1_000;
    private const long WriteMs = 500;
    private const long WriteRecords = 10_000;

    // Behind by more than what comes in while one looks.
    private const long FarBehind = 1_000;

    // As for local state: the changelog forgets removals after a day.
    private static readonly TimeSpan _maxAge = TimeSpan.FromHours(23);

    private readonly string _name;
    private readonly InstanceDirectory _directory;
    private readonly IReadOnlyDictionary<int, int> _taskCounts;
    private readonly Func<TaskId, StreamTask> _create;
    private readonly Func<ILogConsumer> _createConsumer;
    private readonly ILogAdmin _admin;
    private readonly long _keepMs;
    private readonly ILogger _logger;
    private readonly SortedDictionary<TaskId, Standby> _standbys = [];
    private readonly Dictionary<TopicPartition, Copy> _copies = [];
    private ILogConsumer? _consumer;

    // Tasks whose copies begin when the log has answered where their changelogs are. Until then they hold nothing.
    private List<StreamTask> _added = [];
    private Task<IReadOnlyDictionary<TopicPartition, Changelog>>? _asked;
    private (TaskId Task, long Records)[] _lags = [];
    private int _complete;
    private long _plannedAtMs = long.MinValue / 2;

    public Standbys(
        string name, StreamsOptions options, InstanceDirectory directory, IReadOnlyDictionary<int, int> taskCounts, Func<TaskId, StreamTask> create,
        Func<ILogConsumer> createConsumer, ILogAdmin admin, ILogger logger)
    {
        _name = name;
        _directory = directory;
        _taskCounts = taskCounts;
        _create = create;
        _createConsumer = createConsumer;
        _admin = admin;
        _keepMs = (long)options.State.CleanupDelay.TotalMilliseconds;
        _logger = logger;
    }

    /// <summary>How many warm copies have come to the end of their changelogs, as of the last turn; other threads may ask.</summary>
    public int Complete => Volatile.Read(ref _complete);

    /// <summary>How far the copies are behind, as of the last turn; other threads may read it, because it is replaced and never changed.</summary>
    public IReadOnlyList<(TaskId Task, long Records)> Lags => Volatile.Read(ref _lags);

    public IEnumerable<TaskId> Tasks => _standbys.Keys;

    /// <summary>Whether there is much to read, so that the thread should not wait for records of its own.</summary>
    public bool IsFarBehind => _consumer is not null && _copies.Values.Any(c => _consumer.EndOffset(c.Changelog) - c.Next > FarBehind);

    /// <summary>A part of what has come.</summary>
    /// <param name="nowMs">The wall clock.</param>
    /// <param name="isOwn">Whether the thread has a task itself.</param>
    /// <param name="maxWait">How long it may wait for more.</param>
    public void RunOnce(long nowMs, Func<TaskId, bool> isOwn, TimeSpan maxWait)
    {
        try
        {
            if (nowMs - _plannedAtMs >= PlanMs)
            {
                _plannedAtMs = nowMs;
                Plan(nowMs, isOwn);
            }

            if (_asked is { IsCompleted: true })
                Begin(nowMs, isOwn);
            if (_copies.Count > 0)
                Read(nowMs, maxWait);
        }
        catch (LogException e)
        {
            // Nothing depends on it: what can't be read now is read later, by whoever gets the task.
            _logger.CopiesBehind(e, _name, e.Message);
            if (e.OutOfRange is { } lost && _copies.TryGetValue(lost, out var copy))
                Drop(copy.Standby, "its changelog begins later by now");
            if (e.IsFatal)
                Replace();
        }
    }

    /// <summary>Hands a task over, with all that was read; null when there is no copy of it.</summary>
    public StreamTask? Take(TaskId id)
    {
        if (!_standbys.Remove(id, out var standby))
            return null;
        foreach (var copy in standby.Copies)
        {
            copy.Write();
            _copies.Remove(copy.Changelog);
            standby.Task.WarmPositions[copy.Store] = new(copy.Next, copy.TopicId);
        }

        Assign();
        return standby.Task;
    }

    /// <summary>A clean end: what was read is there at the next start.</summary>
    public void Stop()
    {
        foreach (var standby in _standbys.Values.ToList())
            Close(standby);
    }

    public void Dispose()
    {
        foreach (var standby in _standbys.Values)
            standby.Task.Local?.Close(isInOrder: false);
        _consumer?.Dispose();
    }

    private void Plan(long nowMs, Func<TaskId, bool> isOwn)
    {
        var alive = _directory.Alive(nowMs);
        var awaited = alive.SelectMany(static m => m.Tasks).Where(static t => t.State == MemberTaskState.Waiting).Select(static t => t.Id).ToHashSet();
        var wanted = StandbyPlan.Of(_name, alive, _taskCounts);
        foreach (var standby in _standbys.Values.ToList())
        {
            if (wanted.Contains(standby.Task.Id))
                standby.WantedAtMs = nowMs;
            if (_directory.OwnerOf(standby.Task.Id, nowMs) is var (_, own))
                standby.Copies.ForEach(c => c.Forget(own.Watermark));
            if (awaited.Contains(standby.Task.Id))
                Drop(standby, "its owner waits for the state");
            // An instance is missed here before the group misses it: what was wanted because of it is needed soon.
            else if (nowMs - standby.WantedAtMs > _keepMs)
                Drop(standby, "it is not wanted any more");
            else if (nowMs - standby.CompleteAtMs > _maxAge.TotalMilliseconds && standby.Copies.Exists(c => c.Next < _consumer!.EndOffset(c.Changelog)))
                Drop(standby, "it is too old");
        }

        if (_asked is not null)
            return;
        _added = wanted.Where(id => !awaited.Contains(id) && !isOwn(id) && !_standbys.ContainsKey(id)).Select(_create).Where(static t => t.LoggedStores.Any()).ToList();
        if (_added.Count > 0)
            _asked = Changelog.DescribeAsync(_admin, _added.SelectMany(static t => t.LoggedStores.Select(store => ChangelogOf(t, store))).ToList());
    }

    // The log has answered. What has become the thread's own meanwhile, or is held by another, is left out.
    private void Begin(long nowMs, Func<TaskId, bool> isOwn)
    {
        var (answer, added) = (_asked!, _added);
        (_asked, _added) = (null, []);
        var changelogs = answer.GetAwaiter().GetResult();
        foreach (var task in added)
        {
            if (isOwn(task.Id) || task.Local?.TryOpen() == false)
                continue;
            var standby = new Standby(task) { WantedAtMs = nowMs, CompleteAtMs = nowMs };
            _standbys.Add(task.Id, standby);
            foreach (var store in task.LoggedStores)
            {
                var changelog = changelogs[ChangelogOf(task, store)];
                var copy = new Copy(standby, store, in changelog, task.Local?.RestoreFrom(store, in changelog) ?? changelog.Start, nowMs);
                standby.Copies.Add(copy);
                _copies[copy.Changelog] = copy;
            }
        }

        Assign();
        _logger.CopiesKept(_name, string.Join(' ', _standbys.Keys));
    }

    private void Read(long nowMs, TimeSpan maxWait)
    {
        var batch = _consumer!.Poll(maxWait);
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            if (_copies.TryGetValue(batch.Partitions[record.PartitionIndex], out var copy) && record.Offset >= copy.Next)
                copy.Restore(in record);
        }

        foreach (var copy in _copies.Values)
        {
            // Ends of transactions and gaps are passed without a record.
            copy.Next = Math.Max(copy.Next, _consumer.Position(copy.Changelog));
            // Only what has just come tells that nobody was cut off from the log.
            if (copy.HasNew && copy.Next >= _consumer.EndOffset(copy.Changelog))
                copy.CompleteAtMs = copy.Standby.CompleteAtMs = nowMs;
            if (copy.Unwritten >= WriteRecords || (copy.Unwritten > 0 && nowMs - copy.WrittenAtMs >= WriteMs))
                copy.Write(nowMs);
        }

        Publish();
    }

    // A copy whose changelog's end was not told yet is told nothing of.
    private void Publish()
    {
        var lags = (from standby in _standbys.Values
                    where standby.Copies.TrueForAll(c => _consumer!.EndOffset(c.Changelog) >= 0)
                    select (standby.Task.Id, Records: standby.Copies.Sum(c => Math.Max(0, _consumer!.EndOffset(c.Changelog) - c.Next)))).ToArray();
        Volatile.Write(ref _complete, lags.Count(static l => l.Records == 0));
        if (!lags.AsSpan().SequenceEqual(_lags))
            Volatile.Write(ref _lags, lags);
    }

    private void Drop(Standby standby, string reason)
    {
        _logger.CopyGivenUp(_name, standby.Task.Id, reason);
        Close(standby);
        Assign();
    }

    private void Close(Standby standby)
    {
        _standbys.Remove(standby.Task.Id);
        foreach (var copy in standby.Copies)
        {
            copy.Write();
            _copies.Remove(copy.Changelog);
        }

        standby.Task.Close();
        standby.Task.Local?.Close(isInOrder: true);
    }

    private void Assign()
    {
        if (_consumer is null && _copies.Count == 0)
            return;
        if (_copies.Count == 0)
            Volatile.Write(ref _lags, []);
        _consumer ??= _createConsumer();
        _consumer.Assign(_copies.ToDictionary(static c => c.Key, static c => c.Value.Next));
    }

    private void Replace()
    {
        _consumer?.Dispose();
        _consumer = null;
        Assign();
    }

    private static TopicPartition ChangelogOf(StreamTask task, IStateStore store) => new(store.ChangelogTopic!, task.Id.Partition);

    private sealed class Standby(StreamTask task)
    {
        public StreamTask Task => task;

        public List<Copy> Copies { get; } = [];

        public long WantedAtMs { get; set; }

        public long CompleteAtMs { get; set; }
    }

    /// <summary>A store on its way.</summary>
    private sealed class Copy(Standby standby, IStateStore store, in Changelog changelog, long start, long beganMs)
    {
        // Content that began with nothing is as old as its beginning; what is added to older content makes it no younger before it is complete.
        public long? CompleteAtMs { get; set; } = store.Engine is { Position: >= 0 } ? null : beganMs;

        public Standby Standby => standby;

        public IStateStore Store => store;

        public TopicPartition Changelog { get; } = changelog.At;

        public string? TopicId { get; } = changelog.TopicId;

        public long Next { get; set; } = start;

        public bool HasNew { get; private set; }

        public long Unwritten { get; private set; }

        public long WrittenAtMs { get; private set; }

        public void Restore(in LogRecord record)
        {
            store.Restore(in record);
            Next = record.Offset + 1;
            HasNew = true;
            Unwritten++;
        }

        public void Forget(long watermarkMs)
        {
            if (store is IExpiringStore expiring && expiring.ForgetRestored(watermarkMs))
                Unwritten++;
        }

        /// <summary>Gives the engine what has come. A store in memory has it already.</summary>
        public void Write(long nowMs = 0)
        {
            HasNew = false;
            Unwritten = 0;
            WrittenAtMs = nowMs;
            if (store.Engine is { HasChanges: true } engine)
                engine.Write(Next, CompleteAtMs);
        }
    }
}
