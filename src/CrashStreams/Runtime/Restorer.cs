using CrashStreams.Log;
using CrashStreams.State;

namespace CrashStreams.Runtime;

/// <summary>
/// Brings the stores of new tasks up to date from their changelogs, a batch at a time, while other tasks go on. Stores of which much is missing come one after
/// another, the smallest first: so the memory for it is that of one, and each task runs as soon as its own stores are there. A task whose state somebody else still
/// holds waits for it first.
/// </summary>
internal sealed class Restorer(Func<ILogConsumer> createConsumer, ILogAdmin admin, RestoreReport report, TimeProvider time) : IDisposable
{
    // From so many records on it pays for an engine to put off its own order until the end.
    private const long BulkRecords = 20_000;

    // In a turn other tasks take one batch, and what they do with it costs more than to restore one: who waits for its state comes first.
    private const int BatchesPerTurn = 8;

    private readonly Dictionary<TopicPartition, Restore> _active = [];
    private readonly List<Restore> _queued = [];
    private Restore?[] _byIndex = [];
    private readonly List<StreamTask> _waiting = [];
    private ILogConsumer? _consumer;

    public bool IsActive => _active.Count > 0;

    /// <summary>Whether tasks wait for their state.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Whether a task is one of them.</summary>
    public bool IsWaiting(StreamTask task) => _waiting.Contains(task);

    /// <summary>Begins with tasks; those without anything to restore are answered at once.</summary>
    public IReadOnlyList<StreamTask> Begin(IReadOnlyCollection<StreamTask> tasks)
    {
        var opened = tasks.Where(t => t.Local?.TryOpen() != false).ToList();
        _waiting.AddRange(tasks.Except(opened));
        return Restoring(opened);
    }

    /// <summary>Tries again to get the state of waiting tasks; answers those that are complete with it.</summary>
    public IReadOnlyList<StreamTask> RetryWaiting()
    {
        var opened = _waiting.Where(t => t.Local!.TryOpen()).ToList();
        if (opened.Count == 0)
            return [];
        _waiting.RemoveAll(opened.Contains);
        return Restoring(opened);
    }

    /// <summary>A few batches, as far as they are there; answers the tasks that are complete with them.</summary>
    public IReadOnlyList<StreamTask> RunOnce(TimeSpan maxWait)
    {
        var count = Read(maxWait);
        var done = Step();
        for (var more = 1; more < BatchesPerTurn && count > 0 && done.Count == 0; more++)
        {
            count = Read(TimeSpan.Zero);
            done = Step();
        }

        if (done.Count == 0)
            return [];
        foreach (var restore in done)
            _active.Remove(restore.Changelog);
        Assign();
        report.Completed();
        return done.Select(d => d.Task).Distinct().Where(IsComplete).ToList();
    }

    /// <summary>Forgets a task that was taken away.</summary>
    public void Remove(StreamTask task)
    {
        _waiting.Remove(task);
        var restores = _active.Values.Concat(_queued).Where(r => r.Task == task).ToList();
        if (restores.Count == 0)
            return;
        foreach (var restore in restores)
        {
            report.GaveUp(restore.Progress);
            _active.Remove(restore.Changelog);
            _queued.Remove(restore);
        }

        Assign();
    }

    public void Dispose()
    {
        foreach (var restore in _active.Values.Concat(_queued))
            report.GaveUp(restore.Progress);
        _consumer?.Dispose();
    }

    private int Read(TimeSpan maxWait)
    {
        var batch = Poll(maxWait);
        if (_byIndex.Length < batch.Partitions.Count)
            Array.Resize(ref _byIndex, batch.Partitions.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            if ((_byIndex[record.PartitionIndex] ??= _active.GetValueOrDefault(batch.Partitions[record.PartitionIndex])) is not { } restore)
                continue;
            restore.Store.Restore(in record);
            restore.Records++;
            restore.Next = record.Offset + 1;
        }

        return batch.Count;
    }

    /// <summary>Hands what was read to the engines; answers which are complete.</summary>
    private List<Restore> Step()
    {
        var done = new List<Restore>();
        foreach (var (partition, restore) in _active)
        {
            // Ends of transactions and gaps are passed without a record.
            restore.Next = Math.Max(restore.Next, _consumer!.Position(partition));
            if (restore.Step(report))
                done.Add(restore);
        }

        return done;
    }

    private LogBatch Poll(TimeSpan maxWait)
    {
        try
        {
            return _consumer!.Poll(maxWait);
        }
        catch (LogException e) when (e.OutOfRange is { } changelog)
        {
            // Its last owner, or the broker, has deleted more of it since the restore began: the next one begins behind that.
            throw new LogException($"The beginning of {changelog} was deleted while it was restored: {e.Message}", e) { IsRetriable = true };
        }
    }

    private List<StreamTask> Restoring(IReadOnlyCollection<StreamTask> tasks)
    {
        var logged = tasks.SelectMany(t => t.LoggedStores.Select(s => (Changelog: new TopicPartition(s.ChangelogTopic!, t.Id.Partition), Task: t, Store: s))).ToList();
        if (logged.Count > 0)
        {
            var beganMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            var described = Changelog.Describe(admin, logged.ConvertAll(w => w.Changelog));
            foreach (var (partition, task, store) in logged)
            {
                var changelog = described[partition];
                var from = task.Local?.RestoreFrom(store, in changelog) ?? changelog.Start;
                if (store.Engine is null && task.WarmPositions.TryGetValue(store, out var warm))
                    from = warm.IsOf(in changelog) ? warm.Position : throw ChangelogMadeAnew(in warm, in changelog);
                var restore = new Restore(task, store, partition, from, changelog.End, beganMs);
                if (from >= changelog.End)
                    restore.Complete();
                else
                    Begin(restore);
            }

            Assign();
        }

        foreach (var store in tasks.SelectMany(t => t.Context.Stores).Where(s => s.ChangelogTopic is null))
            store.Restored();
        return tasks.Where(IsComplete).ToList();
    }

    // What is in memory can't be taken back: the thread begins again, without it.
    private static LogException ChangelogMadeAnew(in WarmPosition warm, in Changelog now) => new(
        $"The warm copy of {now.At} has come to {warm.Position} of the topic with the id {warm.TopicId}, and the changelog {now.TopicId} goes from {now.Start} to {now.End}: it was made anew or has lost records.") { IsRetriable = true };

    private void Begin(Restore restore)
    {
        if (restore.IsBulk)
            _queued.Add(restore);
        else
            _active[restore.Changelog] = restore;
        report.Began(restore.Progress);
    }

    private bool IsComplete(StreamTask task) => _active.Values.Concat(_queued).All(r => r.Task != task);

    private void Assign()
    {
        if (_queued.Count > 0 && !_active.Values.Any(static r => r.IsBulk))
        {
            var next = _queued.MinBy(static r => r.Progress.Remaining)!;
            _queued.Remove(next);
            _active[next.Changelog] = next;
            next.BeginBulk();
        }

        if (_consumer is null && _active.Count == 0)
            return;
        _consumer ??= createConsumer();
        Array.Clear(_byIndex);
        _consumer.Assign(_active.ToDictionary(a => a.Key, a => a.Value.Next));
    }

    /// <summary>One store on its way.</summary>
    private sealed class Restore(StreamTask task, IStateStore store, TopicPartition changelog, long start, long end, long beganMs)
    {
        // Content that began with nothing is as old as its restore; what is added to older content makes it no younger before it is complete.
        private readonly long? _completeAtMs = store.Engine is { Position: >= 0 } ? null : beganMs;

        public StreamTask Task => task;

        public IStateStore Store => store;

        public TopicPartition Changelog => changelog;

        public long Next { get; set; } = start;

        public long Records { get; set; }

        public RestoreProgress Progress { get; private set; } = new(task.Id, store.Name, changelog, start, start, end, 0);

        public bool IsBulk { get; } = end - start >= BulkRecords;

        public void BeginBulk() => store.Engine?.BeginRestore();

        /// <summary>Takes over what a batch brought. Answers whether it was the last.</summary>
        public bool Step(RestoreReport report)
        {
            var before = Progress;
            if (Next == before.NextOffset)
                return false;
            Progress = before with { NextOffset = Next, Records = Records };
            if (store.Engine is { HasChanges: true } engine)
                engine.Write(Next, _completeAtMs);
            var isLast = Next >= end;
            if (isLast)
                Complete();
            report.Went(before, Progress);
            return isLast;
        }

        public void Complete()
        {
            if (IsBulk)
                store.Engine?.EndRestore();
            // The end is known even where no record came.
            store.Engine?.Know(end, beganMs);
            store.Restored();
        }
    }
}
