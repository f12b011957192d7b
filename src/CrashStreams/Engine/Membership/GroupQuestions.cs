using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Asks the group for changes of the assignment when some are to be expected, instead of waiting for heartbeats: another instance has come or has gone, or has given tasks up, or this thread has
/// nothing yet. Otherwise a partition that moves is read by nobody for up to two heartbeats of 5 s each: one until its owner hears that it is to give it up, one until its heir hears that it may
/// have it. See docs/decisions/transactions-by-backlog.md.
/// </summary>
internal sealed class GroupQuestions(ILogConsumer consumer)
{
    // The owner says in the directory that it gives a task up before the group knows of it, so the heir asks several times.
    private const long IntervalMs = 250, PersistenceMs = 2_000;

    private long _untilMs = long.MinValue;
    private long _askedMs = long.MinValue / 2;

    /// <summary>A change is to be expected.</summary>
    public void Expect(long nowMs) => _untilMs = nowMs + PersistenceMs;

    public void RunOnce(long nowMs)
    {
        if (nowMs >= _untilMs || nowMs - _askedMs < IntervalMs)
            return;
        _askedMs = nowMs;
        consumer.AskGroup();
    }
}
