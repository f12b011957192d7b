namespace CrashStreams.Broker.Coordination;

/// <summary>
/// A point in time after which something is done, that is moved far more often than it is reached (a session pushed back by each
/// heartbeat). Moving it back costs one store: the queued timer looks at the deadline when it fires and goes to sleep again.
/// </summary>
internal sealed class Deadline(ITimerQueue timers, Action reached)
{
    private const long None = long.MaxValue;
    private long _dueMs = None;
    private long _queuedMs = None;

    public bool IsSet => _dueMs != None;

    public void SetAfter(long delayMs) => Set(Saturating.Add(timers.NowMs, delayMs));

    public void Set(long dueMs)
    {
        _dueMs = dueMs;
        if (dueMs < _queuedMs)
            Queue(dueMs);
    }

    public void Clear() => _dueMs = None;

    private void Queue(long dueMs)
    {
        _queuedMs = dueMs;
        timers.Schedule(dueMs, () => Fire(dueMs));
    }

    private void Fire(long queuedMs)
    {
        // A timer that an earlier one has overtaken.
        if (queuedMs != _queuedMs)
            return;
        _queuedMs = None;
        if (_dueMs == None)
            return;
        if (_dueMs > timers.NowMs)
        {
            Queue(_dueMs);
            return;
        }
        _dueMs = None;
        reached();
    }
}
