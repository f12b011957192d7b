using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>Deletes what the instance keeps of tasks that have moved elsewhere, after a while in which they might have come back.</summary>
internal sealed class StateCleaning(IStateStorage storage, string application, TimeSpan delay, ILogger logger)
{
    private const long IntervalMs = 60_000;

    private long _lastMs = long.MaxValue;

    public void RunOnce(long nowMs)
    {
        // Not at the start: the tasks have yet to be assigned.
        if (_lastMs == long.MaxValue)
            _lastMs = nowMs;
        if (nowMs - _lastMs < IntervalMs)
            return;
        _lastMs = nowMs;
        var cleaned = storage.Clean(application, delay);
        if (cleaned.Count > 0)
            logger.StateCleaned(delay, string.Join(' ', cleaned));
    }
}
