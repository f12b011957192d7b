using CrashStreams.Broker.Log;

namespace CrashStreams.Broker;

/// <summary>What logs need from time to time: flushing, retention, compaction.</summary>
internal sealed class LogCare(BrokerCore core, IReadOnlyList<PartitionLog> journals)
{
    private readonly Queue<PartitionLog> _toCompact = new();

    private IEnumerable<PartitionLog> Logs => core.Topics.Partitions.Select(partition => partition.Log).Concat(journals);

    public void Start()
    {
        Every(core.Options.LogCareInterval, LookOver);
        if (core.Options.Flush == FlushMode.Interval)
            Every(core.Options.FlushInterval, Flush);
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

    /// <summary>One step a turn of the loop, so that requests are served in between.</summary>
    private void Step(PartitionLog log, LogCompaction compaction)
    {
        if (TryStep(log, compaction))
            core.Timers.Schedule(core.Timers.NowMs + 1, () => Step(log, compaction));
        else
            CompactNext();
    }

    /// <summary>False when this compaction has ended, well or not.</summary>
    private static bool TryStep(PartitionLog log, LogCompaction compaction)
    {
        try
        {
            if (log.IsOpen && compaction.Step())
                return true;
            if (log.IsOpen)
                log.CompleteCompaction(compaction);
        }
        catch (IOException)
        {
            // A damaged segment or a full disk: this log stays as it is, to be tried again in the next round.
        }
        compaction.Dispose();
        return false;
    }
}
