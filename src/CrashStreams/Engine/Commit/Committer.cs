using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Makes what a thread's tasks have done durable, in one place for both guarantees: results, changelogs, offsets, then local state with its positions. It also knows when the group has to be
/// asked first whether the tasks are still this thread's.
/// </summary>
internal sealed class Committer : IDisposable
{
    private const long IdleIntervalMs = 100;

    // A transaction's commit waits for some 60 ms on one machine, most of it until the coordinator has ended the one before. A thread that is behind its inputs commits so seldom that this is
    // a tenth of its time: by the default of 100 ms it was 40 %. See docs/decisions/transactions-by-backlog.md.
    private const int BacklogShare = 10;
    private const long BacklogIntervalMs = 1_000;

    private static readonly TimeSpan _endsPatience = TimeSpan.FromSeconds(5);

    private readonly StreamsOptions _options;
    private readonly AssignedTasks _tasks;
    private readonly ILogConsumer _consumer;
    private readonly RecordCollector _collector;
    private readonly WatermarkAnnouncer _announcer;
    private readonly OwnPositions _own;
    private readonly TimeProvider _time;
    private readonly ChangelogEnds _ends;
    private readonly Action<TopicPartition> _wrote;
    private readonly RepartitionPurge _purge;
    private readonly ChangelogPurge? _changelogPurge;
    private readonly EarlyCommits _early;
    private long _lastMs;
    private long _processed;
    private long _tookMs;
    private bool _wasCaughtUp;
    private bool _mustVerifyMembership;

    public Committer(
        StreamsOptions options, AssignedTasks tasks, ILogConsumer consumer, RecordCollector collector, WatermarkAnnouncer announcer, ILogAdmin admin, OwnPositions own, TimeProvider time, ILogger logger)
    {
        _own = own;
        (_options, _tasks, _consumer, _collector, _announcer, _time) = (options, tasks, consumer, collector, announcer, time);
        _ends = new(admin, logger);
        _early = new(options.Delivery);
        _wrote = _ends.Wrote;
        _purge = new(admin, options.RepartitionPurgeInterval, logger);
        _changelogPurge = options.Time.Clock == StreamTime.Watermarks ? new(admin, options.RepartitionPurgeInterval, logger) : null;
    }

    /// <summary>How long the broker lets a transaction be open; it is committed in half of that whatever the interval is.</summary>
    public long TransactionTimeoutMs { get; init; } = long.MaxValue;

    /// <summary>Called after each commit, with the ticks of the time provider that it took.</summary>
    public Action<long> OnCommitted { get; init; } = static _ => { };

    /// <summary>From now on the interval counts.</summary>
    public void Begin(long nowMs) => _lastMs = nowMs;

    /// <summary>Whether records were processed since the last commit.</summary>
    /// <param name="processed">Records that the thread has processed so far.</param>
    public bool IsBehind(long processed) => processed > _processed;

    /// <summary>Whether what was processed is committed as soon as the inputs have run dry, whatever is left of the interval.</summary>
    /// <param name="nowMs">The wall clock.</param>
    /// <param name="processed">Records that the thread has processed so far.</param>
    public bool CommitsEarly(long nowMs, long processed) => IsBehind(processed) && _early.IsAllowed(nowMs);

    /// <summary>Whether it is time for a commit. With nothing to do, what was processed is committed soon: readers of the results and whoever waits for the end of a backlog get it earlier.</summary>
    public bool IsDue(long nowMs, bool isIdle, long processed)
    {
        var intervalMs = (long)_options.Delivery.EffectiveCommitInterval.TotalMilliseconds;
        if (_options.Delivery.CommitInterval is null && !_wasCaughtUp)
            intervalMs = Math.Max(intervalMs, Math.Min(BacklogIntervalMs, BacklogShare * _tookMs));
        if (_collector.InTransaction)
            intervalMs = Math.Min(intervalMs, TransactionTimeoutMs / 2);
        if (isIdle && CommitsEarly(nowMs, processed))
            return true;
        // A clock that was set back tells nothing about how long ago the last commit was.
        return nowMs < _lastMs || nowMs - _lastMs >= (isIdle && IsBehind(processed) ? Math.Min(intervalMs, IdleIntervalMs) : intervalMs);
    }

    /// <summary>Called in each turn: whether all inputs were read to their ends. When that was so once since the last commit, the thread keeps pace with them, and commits when it is told to.</summary>
    public void LookAtBacklog(bool isCaughtUp) => _wasCaughtUp |= isCaughtUp;

    public void Commit(long processed)
    {
        var (began, hasRecords) = (_time.GetTimestamp(), IsBehind(processed));
        Write(processed);
        OnCommitted(_time.GetTimestamp() - began);
        _tookMs = (long)_time.GetElapsedTime(began).TotalMilliseconds;
        _wasCaughtUp = false;
        if (hasRecords)
            _early.Committed(NowMs(), _tookMs);
    }

    /// <summary>Before a clean end: what was processed, and where the changelogs end with it, so that the next start has nothing to restore.</summary>
    public void CommitLast(long processed)
    {
        Commit(processed);
        if (_options.State.Storage is null)
            return;
        _ends.AskNow(_endsPatience);
        Commit(processed);
    }

    private void Write(long processed)
    {
        if (_mustVerifyMembership)
            VerifyMembership();
        var now = NowMs();
        _lastMs = now;
        _processed = processed;
        var running = _tasks.InOrder.Where(t => t.State == TaskState.Running).ToList();
        // Before the group confirms anything: see ChangelogEnds.
        var ends = _ends.Told;
        var offsets = new Dictionary<TopicPartition, OffsetAndMetadata>();
        // In this order: a marker must not overtake results, and what they change in stores is flushed with them.
        foreach (var task in running)
            task.EmitPending();
        _announcer.Tell(now, withCommit: true);

        // A store that has let go of what it forwarded (a buffer, a queue of a processor's) says so in its changelog only when the log has the results: otherwise both could be lost with a crash.
        var changed = running.FindAll(static t => t.NeedsCommit);
        if (changed.Exists(static t => t.LoggedStores.Any()))
            _collector.FlushResults();
        foreach (var task in changed)
            task.PrepareCommit(offsets);

        // A transaction is fenced by the group through its offsets: one without any is a marker or a punctuation that a sleeper could still commit.
        // Positions are only written with what the group confirms, too.
        if (offsets.Count == 0 && (_collector.InTransaction || OwesPosition(running, ends)))
            offsets = CommittedBefore();
        _collector.Commit(_consumer, offsets);
        foreach (var (partition, position) in offsets)
            _own.Remember(partition, position);
        foreach (var task in changed)
            task.Committed(offsets, ends, _wrote);
        _ends.AskWhenDue(now);
        _purge.RunOnce(now, running.SelectMany(t => t.Inputs));
        _changelogPurge?.RunOnce(now, running);
    }

    /// <summary>The thread was away for so long that its tasks may be somebody else's.</summary>
    public void MistrustMembership() => _mustVerifyMembership = true;

    /// <summary>
    /// The group has refused the last commit, and some tasks stay. At-least-once: what they have changed is in their changelogs, and their caches take it for written.
    /// Evicted, it is looked for in the engine.
    /// </summary>
    public void KeepRefused()
    {
        foreach (var task in _tasks.InOrder)
            task.Local?.Write(null, _wrote);
    }

    /// <summary>Gives up what was written since the last commit, as far as that can be. Answers whether a transaction was open: it held what all tasks have written.</summary>
    public bool Abandon()
    {
        var wasOpen = _collector.InTransaction;
        _collector.Abort();
        return wasOpen;
    }

    public void Dispose()
    {
        _purge.Dispose();
        _changelogPurge?.Dispose();
    }

    // Without a transaction nothing keeps a sleeper's late writes out of a changelog where they would set newer values back, so it asks before
    // it writes: to commit again what is committed (the beginning, where nothing is) changes nothing and is refused to one whom the group has left behind.
    private void VerifyMembership()
    {
        _mustVerifyMembership = false;
        if (_options.Delivery.Guarantee == ProcessingGuarantee.ExactlyOnce)
            return;
        if (CommittedBefore() is { Count: > 0 } committed)
            _consumer.Commit(committed);
    }

    private Dictionary<TopicPartition, OffsetAndMetadata> CommittedBefore()
    {
        var inputs = _tasks.InOrder.SelectMany(t => t.Inputs).ToList();
        var known = inputs.Where(i => i.CommittedOffset >= 0).ToList();
        return known.Count > 0
            ? known.ToDictionary(static i => i.Partition, static i => new OffsetAndMetadata(i.CommittedOffset, i.CommittedMetadata))
            : inputs.ToDictionary(static i => i.Partition, static i => new OffsetAndMetadata(Math.Max(0, i.NextOffset), CommittedPosition.Text("", i.Topics)));
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

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
