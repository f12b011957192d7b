using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>Says that a thread was away, or that one record took very long: a line per 10 s at most, and one for each transaction that has ended meanwhile.</summary>
internal sealed class PauseLog(string threadName, long transactionTimeoutMs, ILogger logger)
{
    private const long IntervalMs = 10_000;

    private long _loggedMs = long.MinValue / 2;

    public void Paused(Turn turn, bool inTransaction, long nowMs, long pauseMs)
    {
        if (inTransaction && pauseMs >= transactionTimeoutMs)
        {
            logger.TransactionTimedOut(threadName, turn.LastTaken, pauseMs / 1000.0, transactionTimeoutMs / 1000.0);
        }
        else if (nowMs - _loggedMs >= IntervalMs)
        {
            _loggedMs = nowMs;
            logger.ResumedAfterPause(threadName, turn.LastTaken, pauseMs / 1000.0);
        }
    }
}
