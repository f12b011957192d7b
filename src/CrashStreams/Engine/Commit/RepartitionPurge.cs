using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Lets the log drop the records of repartition topics that are processed and committed. Nothing else does: those topics are kept without limit of
/// time, so that a backlog in them is never lost (KAFKA-6150).
/// </summary>
internal sealed class RepartitionPurge(ILogAdmin admin, TimeSpan interval, ILogger logger) : IDisposable
{
    private static readonly TimeSpan _patienceAtEnd = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, long> _purged = [];
    private Task _pending = Task.CompletedTask;
    private long _lastMs = long.MinValue / 2;

    /// <summary>Asks for what is due, without waiting for the answer: processing goes on meanwhile, and a failed request is made again.</summary>
    public void RunOnce(long nowMs, IEnumerable<InputPartition> inputs)
    {
        if (nowMs - _lastMs < (long)interval.TotalMilliseconds || !_pending.IsCompleted)
            return;
        _lastMs = nowMs;
        if (_pending.Exception?.GetBaseException() is { } failure)
        {
            logger.RepartitionNotPurged(failure.Message);
            _purged.Clear();
        }

        var before = inputs.Where(i => i.Source.IsRepartition && i.CommittedOffset > _purged.GetValueOrDefault(i.Partition))
            .ToDictionary(i => i.Partition, i => i.CommittedOffset);
        if (before.Count == 0)
            return;
        foreach (var (partition, offset) in before)
            _purged[partition] = offset;
        _pending = admin.DeleteRecordsAsync(before, CancellationToken.None);
    }

    public void Dispose() => ((IAsyncResult)_pending).AsyncWaitHandle.WaitOne(_patienceAtEnd);
}
