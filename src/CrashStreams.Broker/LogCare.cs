using CrashStreams.Broker.Log;

namespace CrashStreams.Broker;

/// <summary>What logs need from time to time: flushing, retention, compaction.</summary>
internal sealed class LogCare(BrokerCore core, IReadOnlyList<PartitionLog> journals)
{
    private IEnumerable<PartitionLog> Logs => core.Topics.Partitions.Select(partition => partition.Log).Concat(journals);

    public void Start()
    {
        Every(core.Options.LogCareInterval, ApplyRetention);
        if (core.Options.Flush == FlushMode.Interval)
            Every(core.Options.FlushInterval, Flush);
    }

    private void Every(TimeSpan interval, Action care)
    {
        core.Timers.Schedule(core.Timers.NowMs + (long)interval.TotalMilliseconds, () =>
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
    }

    private void Flush()
    {
        foreach (var log in Logs)
            log.Flush();
    }

    private void ApplyRetention()
    {
        var nowMs = core.Timers.NowMs;
        foreach (var partition in core.Topics.Partitions)
        {
            var start = partition.Log.LogStartOffset;
            partition.Log.ApplyRetention(nowMs);
            if (partition.Log.LogStartOffset != start)
                partition.Moved();
        }
    }
}
