using CrashStreams.Broker.Log;

namespace CrashStreams.Broker;

/// <summary>What logs need from time to time: flushing, retention, compaction.</summary>
internal sealed class LogCare(BrokerCore core, IReadOnlyList<PartitionLog> journals)
{
    private const int VerificationPauseMs = 10; // between two megabytes

    private readonly Queue<PartitionLog> _toCompact = new();
    private readonly Queue<PartitionLog> _toVerify = new();

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
        _compaction?.Dispose();
        _verification?.Dispose();
    }

    private void Every(TimeSpan interval, Action care) => core.Timers.Schedule(core.Timers.NowMs + (long)interval.TotalMilliseconds, () =>
    {
        try
        {
            care();
        }
        finally
        {
            Every(interval, care);
        }
    });

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

    private void Flush()
    {
        foreach (var log in Logs)
            Try(log.Flush);
    }

    private void LookOver()
    {
        ApplyRetention();
        if (_toCompact.Count > 0)
            return; // the last round is still at work
        foreach (var log in Logs.Where(log => log.Config.Compact))
            _toCompact.Enqueue(log);
        CompactNext();
    }

    private void ApplyRetention()
    {
        var nowMs = core.Timers.NowMs;
        foreach (var partition in core.Topics.Partitions)
        {
            var start = partition.Log.LogStartOffset;
            Try(() => partition.Log.ApplyRetention(nowMs));
            if (partition.Log.LogStartOffset != start)
                partition.Moved();
        }
    }

    private void CompactNext()
    {
        while (_toCompact.TryDequeue(out var log))
        {
            if (!log.IsOpen || TryBegin(log) is not { } compaction)
                continue;
            _compaction = compaction;
            Step(log, compaction);
            return;
        }
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
