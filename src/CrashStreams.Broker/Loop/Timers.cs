using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Loop;

/// <summary>The core's clock and its timers, run by the loop. Times are Unix milliseconds.</summary>
internal sealed class Timers(TimeProvider time) : ITimerQueue
{
    private readonly PriorityQueue<TimerHandle, (long DueMs, long Order)> _queue = new();
    private long _order;

    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>For measuring how long work takes, with <see cref="Elapsed"/>.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>When the next timer is due; null when there is none.</summary>
    public long? NextDueMs
    {
        get
        {
            while (_queue.TryPeek(out var next, out _) && next.IsCancelled)
                _queue.Dequeue();
            return _queue.TryPeek(out _, out var due) ? due.DueMs : null;
        }
    }

    /// <summary>Runs the action once when the clock has reached <paramref name="dueMs"/>, unless the handle is cancelled before.</summary>
    public TimerHandle Schedule(long dueMs, Action action)
    {
        var handle = new TimerHandle(action);
        _queue.Enqueue(handle, (dueMs, _order++));
        return handle;
    }

    public TimeSpan Elapsed(long sinceTimestamp) => time.GetElapsedTime(sinceTimestamp);

    void ITimerQueue.Schedule(long dueMs, Action action) => Schedule(dueMs, action);

    /// <summary>Runs what is due, in the order of due times. What those timers schedule for now or the past runs too.</summary>
    public void RunDue()
    {
        var nowMs = NowMs;
        while (NextDueMs is { } dueMs && dueMs <= nowMs)
            _queue.Dequeue().Run();
    }
}

/// <summary>A scheduled action that can be taken back.</summary>
internal sealed class TimerHandle(Action action)
{
    private Action? _action = action;

    public bool IsCancelled => _action is null;

    public void Cancel() => _action = null;

    internal void Run()
    {
        var run = _action;
        _action = null;
        run?.Invoke();
    }
}
