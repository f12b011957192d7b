using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// Brings the stores of new tasks up to date from their changelogs, a batch at a time, while other tasks go on. Stores of which much is missing come a few at a time,
/// the smallest first: so the memory for it is bounded, and each task runs as soon as its own stores are there. What a crash has taken from stores on disk is
/// read for all at once. A task whose state somebody else still holds waits for it first.
/// </summary>
internal sealed class Restorer(Func<ILogConsumer> createConsumer, ILogAdmin admin, RestoreReport report, TimeProvider time) : IDisposable
{
    // From so many records on it pays for an engine to put off its own order until the end.
    private const long BulkRecords = 20_000;

    // One alone would be read in many small answers, each waited for: the broker takes 0.25 to 0.33 µs a record for them, for those of four 0.06 to 0.11.
    private const int BulkStores = 4;

    // What a crash leaves to be read of stores that are on disk. One after another, each would wait for the tasks of those before it, which have records to process by then.
    private const long TailRecords = 300_000;

    // In a turn other tasks take one batch, and what they do with it costs more than to restore one: who waits for its state comes first.
    private const int BatchesPerTurn = 8;

    private readonly Dictionary<TopicPartition, Restore> _active = [];
    private readonly List<Restore> _queued = [];
    private readonly List<Restore> _ending = [];
    private Restore?[] _byIndex = [];
    private readonly List<StreamTask> _waiting = [];
    private ILogConsumer? _consumer;

    public bool IsActive => _active.Count + _ending.Count > 0;

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
        var read = ReadOn(maxWait);
        if (read.Count > 0)
        {
            foreach (var restore in read)
                _active.Remove(restore.Changelog);
            _ending.AddRange(read);
            // The next one is read while an engine finishes the load of this one.
            Assign();
        }

        var mayWait = _active.Count == 0 && maxWait > TimeSpan.Zero;
        var done = _ending.FindAll(r => r.TryEnd(report, mayWait));
        if (done.Count == 0)
            return [];
        _ending.RemoveAll(done.Contains);
        report.Completed();
        return done.Select(d => d.Task).Distinct().Where(IsComplete).ToList();
    }

    /// <summary>Forgets a task that was taken away.</summary>
    public void Remove(StreamTask task)
    {
        _waiting.Remove(task);
        var restores = All.Where(r => r.Task == task).ToList();
        if (restores.Count == 0)
            return;
        foreach (var restore in restores)
        {
            report.GaveUp(restore.Progress);
            _active.Remove(restore.Changelog);
            _queued.Remove(restore);
            _ending.Remove(restore);
        }

        Assign();
    }

    public void Dispose()
    {
        foreach (var restore in All)
            report.GaveUp(restore.Progress);
        _consumer?.Dispose();
    }

    private IEnumerable<Restore> All => _active.Values.Concat(_queued).Concat(_ending);

    /// <summary>Reads until there is nothing more for now, or something is read to its end; answers what.</summary>
    private List<Restore> ReadOn(TimeSpan maxWait)
    {
        if (_active.Count == 0)
            return [];
        var count = Read(maxWait);
        var read = Step();
        for (var more = 1; more < BatchesPerTurn && count > 0 && read.Count == 0; more++)
        {
            count = Read(TimeSpan.Zero);
            read = Step();
        }

        return read;
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
            restore.Take(in record);
            restore.Records++;
            restore.Next = record.Offset + 1;
        }

        return batch.Count;
    }

    /// <summary>Hands what was read to the engines; answers which have been read to their ends.</summary>
    private List<Restore> Step()
    {
        var read = new List<Restore>();
        foreach (var (partition, restore) in _active)
        {
            // Ends of transactions and gaps are passed without a record.
            restore.Next = Math.Max(restore.Next, _consumer!.Position(partition));
            if (restore.Step(report))
                read.Add(restore);
        }

        return read;
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
            var began = new List<Restore>();
            foreach (var (partition, task, store) in logged)
            {
                var changelog = described[partition];
                if (task.RebuildsState)
                    task.Local?.Empty(store, "the positions of its inputs were lost, and it is built again");
                var from = task.Local?.RestoreFrom(store, in changelog) ?? changelog.Start;
                if (store.Engine is null && task.WarmPositions.TryGetValue(store, out var warm))
                    from = warm.IsOf(in changelog) ? warm.Position : throw ChangelogMadeAnew(in warm, in changelog);
                var restore = new Restore(task, store, partition, from, changelog.End, beganMs);
                if (from >= changelog.End)
                    restore.Complete();
                else
                    began.Add(restore);
            }

            Begin(began);
            Assign();
        }

        foreach (var store in tasks.SelectMany(t => t.Context.Stores).Where(s => s.ChangelogTopic is null))
            store.Restored();
        return tasks.Where(IsComplete).ToList();
    }

    // What is in memory can't be taken back: the thread begins again, without it.
    private static LogException ChangelogMadeAnew(in WarmPosition warm, in Changelog now) => new(
        $"The warm copy of {now.At} has come to {warm.Position} of the topic with the id {warm.TopicId}, and the changelog {now.TopicId} goes from {now.Start} to {now.End}: it was made anew or has lost records.") { IsRetriable = true };

    private void Begin(List<Restore> restores)
    {
        var isTail = restores.Concat(All).Where(static r => r.HasContent).Sum(static r => r.Progress.Remaining) <= TailRecords;
        foreach (var restore in restores)
        {
            restore.IsBulk = restore.Progress.Remaining >= BulkRecords && !(isTail && restore.HasContent);
            if (restore.IsBulk)
                _queued.Add(restore);
            else
                _active[restore.Changelog] = restore;
            report.Began(restore.Progress);
        }
    }

    private bool IsComplete(StreamTask task) => All.All(r => r.Task != task);

    private void Assign()
    {
        for (var bulk = _active.Values.Count(static r => r.IsBulk); bulk < BulkStores && _queued.Count > 0; bulk++)
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

        public TopicPartition Changelog => changelog;

        public long Next { get; set; } = start;

        public long Records { get; set; }

        public RestoreProgress Progress { get; private set; } = new(task.Id, store.Name, changelog, start, start, end, 0);

        /// <summary>Whether it goes on with what is on disk.</summary>
        public bool HasContent => _completeAtMs is null;

        /// <summary>Whether so much is missing that only a few of its kind are under way at a time.</summary>
        public bool IsBulk { get; set; }

        public void BeginBulk() => store.Engine?.BeginRestore();

        /// <summary>Takes an entry over, or removes it from the changelog when the state is to be built again.</summary>
        public void Take(in LogRecord record)
        {
            if (!task.RebuildsState)
                store.Restore(in record);
            else if (record.HasValue && record.HasKey)
                task.RemoveFromChangelog(store, in record);
        }

        /// <summary>Takes over what a batch brought. Answers whether it was the last.</summary>
        public bool Step(RestoreReport report)
        {
            if (Next == Progress.NextOffset)
                return false;
            if (store.Engine is { HasChanges: true } engine)
                engine.Write(Next, _completeAtMs);
            if (Next >= end)
                return true;
            Tell(report);
            return false;
        }

        /// <summary>After the last batch: false while the engine has still to work on it aside, unless that may be waited for.</summary>
        public bool TryEnd(RestoreReport report, bool mayWait)
        {
            if (IsBulk && !mayWait && store.Engine?.TryEndRestore() == false)
                return false;
            Complete();
            Tell(report);
            return true;
        }

        public void Complete()
        {
            if (IsBulk)
                store.Engine?.EndRestore();
            // The end is known even where no record came.
            store.Engine?.Know(end, beganMs);
            store.Restored();
        }

        private void Tell(RestoreReport report)
        {
            var before = Progress;
            Progress = before with { NextOffset = Next, Records = Records };
            report.Went(before, Progress);
        }
    }
}
