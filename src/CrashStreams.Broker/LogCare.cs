using CrashStreams.Broker.Log;
using CrashStreams.Broker.Topics;

namespace CrashStreams.Broker;

/// <summary>What logs need from time to time: flushing, retention, compaction.</summary>
internal sealed class LogCare(BrokerCore core, IReadOnlyList<PartitionLog> journals)
{
    private const int VerificationPauseMs = 10; // between two megabytes

    /// <summary>How long the care of many logs holds the loop at a time.</summary>
    private static readonly TimeSpan _slice = TimeSpan.FromMilliseconds(5);

    private readonly Queue<PartitionLog> _toCompact = new();
    private readonly Queue<PartitionLog> _toVerify = new();
    private readonly Queue<PartitionLog> _toDelete = new();

    private bool _isCompacting;
    private IDisposable? _compaction;
    private IDisposable? _verification;

    private IEnumerable<PartitionLog> Logs => core.Topics.Partitions.Select(partition => partition.Log).Concat(journals);

    public void Start()
    {
        Every(core.Options.LogCareInterval, LookOver);
        if (core.Options.Flush == FlushMode.Interval)
            Every(core.Options.FlushInterval, Flush);
        foreach (var log in Logs)
            _toVerify.Enqueue(log);
        core.Timers.Schedule(core.Timers.NowMs, VerifyNext);
    }

    /// <summary>Ends what is done beside the loop: nobody touches the files after this.</summary>
    public void Stop()
    {
        _toCompact.Clear();
        _toVerify.Clear();
        _toDelete.Clear();
        _compaction?.Dispose();
        _verification?.Dispose();
    }

    /// <summary>Does something at an interval, from the end of one round to the beginning of the next.</summary>
    private void Every(TimeSpan interval, Action<Action> round) => core.Timers.Schedule(
        core.Timers.NowMs + (long)interval.TotalMilliseconds, () => round(() => Every(interval, round)));

    /// <summary>Takes care of one after the other, in slices of time.</summary>
    private void InSlices<T>(IEnumerable<T> items, Action<T> care, Action done)
    {
        var left = new Queue<T>(items); // topics come and go between the slices
        Go();

        void Go()
        {
            var started = core.Timers.Timestamp;
            while (left.TryDequeue(out var next))
            {
                Try(() => care(next));
                if (core.Timers.Elapsed(started) < _slice)
                    continue;
                core.Timers.Schedule(core.Timers.NowMs + 1, Go);
                return;
            }
            done();
        }
    }

    /// <summary>A failing disk of one log is not to keep the others from their care; the next round tries again.</summary>
    private static void Try(Action care)
    {
        try
        {
            care();
        }
        catch (IOException)
        {
            // Requests to this log are answered with the error.
        }
    }

    private void Flush(Action done) => InSlices(Logs, log =>
    {
        if (log.IsOpen)
            log.Flush();
    }, done);

    private void LookOver(Action done) => InSlices(core.Topics.Partitions, ApplyRetention, () =>
    {
        DeleteNext();
        done();
        if (_isCompacting)
            return; // the last round is still at work
        foreach (var log in Logs.Where(log => log.Config.Compact))
            _toCompact.Enqueue(log);
        CompactNext();
    });

    private void DeleteNext()
    {
        if (!_toDelete.TryDequeue(out var log))
            return;
        Try(() =>
        {
            if (log.IsOpen && log.DeletePassed())
                _toDelete.Enqueue(log);
        });
        core.Timers.Schedule(core.Timers.NowMs + 1, DeleteNext);
    }

    private void ApplyRetention(Partition partition)
    {
        if (!partition.Log.IsOpen)
            return;
        var start = partition.Log.LogStartOffset;
        try
        {
            partition.Log.ApplyRetention(core.Timers.NowMs);
            if (partition.Log.DeletePassed())
                _toDelete.Enqueue(partition.Log);
        }
        finally
        {
            if (partition.Log.LogStartOffset != start)
                partition.Moved();
        }
    }

    private void CompactNext()
    {
        var started = core.Timers.Timestamp;
        for (_isCompacting = true; _toCompact.TryDequeue(out var log);)
        {
            if (log.IsOpen && TryBegin(log) is { } compaction)
            {
                _compaction = compaction;
                Step(log, compaction);
                return;
            }
            if (core.Timers.Elapsed(started) < _slice)
                continue;
            core.Timers.Schedule(core.Timers.NowMs + 1, CompactNext);
            return;
        }
        _isCompacting = false;
    }

    private LogCompaction? TryBegin(PartitionLog log)
    {
        LogCompaction? compaction = null;
        Try(() => compaction = log.BeginCompaction(core.Timers.NowMs));
        return compaction;
    }

    /// <summary>The steps are done beside the loop; what they have written is swapped in by it.</summary>
    private void Step(PartitionLog log, LogCompaction compaction)
    {
        var hasMore = false;
        core.Workers.Run(() => hasMore = compaction.Step(), failure =>
        {
            if (failure is null && hasMore && log.IsOpen)
            {
                Step(log, compaction);
                return;
            }
            // After a damaged segment or a full disk this log stays as it is, to be tried again in the next round.
            if (compaction.IsFinished && log.IsOpen)
                Try(() => log.CompleteCompaction(compaction));
            compaction.Dispose();
            CompactNext();
            ThrowIfUnexpected(failure);
        });
    }

    /// <summary>One log after the other, at a pace that leaves the disk to the clients.</summary>
    private void VerifyNext()
    {
        while (_toVerify.TryDequeue(out var log))
        {
            if (!log.IsOpen || log.BeginVerification() is not { } verification)
                continue;
            _verification = verification;
            Step(log, verification);
            return;
        }
    }

    private void Step(PartitionLog log, LogVerification verification)
    {
        var hasMore = false;
        core.Workers.Run(() => hasMore = verification.Step(), failure =>
        {
            if (failure is null && hasMore && log.IsOpen)
            {
                core.Timers.Schedule(core.Timers.NowMs + VerificationPauseMs, () => Step(log, verification));
                return;
            }
            if (log.IsOpen)
                log.CompleteVerification(verification);
            verification.Dispose();
            VerifyNext();
            ThrowIfUnexpected(failure);
        });
    }

    private static void ThrowIfUnexpected(Exception? failure)
    {
        if (failure is not (null or IOException))
            throw new InvalidOperationException("The care of a log failed.", failure);
    }
}
