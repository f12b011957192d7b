namespace CrashStreams.Broker.Coordination;

/// <summary>The core's clock and timers, as the coordinators see them. Times are Unix milliseconds.</summary>
internal interface ITimerQueue
{
    long NowMs { get; }

    /// <summary>Runs the action once when the clock has reached <paramref name="dueMs"/>. It can't be taken back: see <see cref="Deadline"/>.</summary>
    void Schedule(long dueMs, Action action);
}
