using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Tests.Coordination;

/// <summary>Timers in virtual time: nothing fires until a test lets time pass.</summary>
internal sealed class VirtualTimers(long nowMs = 1_700_000_000_000) : ITimerQueue
{
    private readonly PriorityQueue<Action, (long DueMs, long Order)> _queue = new();
    private long _order;

    public long NowMs { get; private set; } = nowMs;

    public void Schedule(long dueMs, Action action) => _queue.Enqueue(action, (dueMs, _order++));

    /// <summary>Lets time pass, firing what falls due at its own time.</summary>
    public void Advance(long ms)
    {
        var until = NowMs + ms;
        while (_queue.TryPeek(out var action, out var due) && due.DueMs <= until)
        {
            _queue.Dequeue();
            NowMs = Math.Max(NowMs, due.DueMs);
            action();
        }
        NowMs = until;
    }
}
