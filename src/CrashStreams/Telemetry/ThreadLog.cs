using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>What is logged of an application and its threads. Event ids 100 to 199; they stay what they are.</summary>
internal static partial class ThreadLog
{
    [LoggerMessage(101, LogLevel.Warning, "{Warning}")]
    public static partial void TopologyWarning(this ILogger logger, string warning);

    [LoggerMessage(102, LogLevel.Error, "The application failed: {Reason}")]
    public static partial void ApplicationFailed(this ILogger logger, Exception fault, string reason);

    [LoggerMessage(103, LogLevel.Warning, "Thread {Index} stops without its last commit: {Reason}")]
    public static partial void StopsUncommitted(this ILogger logger, Exception fault, int index, string reason);

    [LoggerMessage(104, LogLevel.Error, "{Thread} could not close everything that it had open: {Reason}")]
    public static partial void ThreadNotClosed(this ILogger logger, Exception fault, string thread, string reason);

    [LoggerMessage(105, LogLevel.Error, "A {Client} could not be closed: {Reason}")]
    public static partial void ClientNotClosed(this ILogger logger, Exception fault, string client, string reason);

    [LoggerMessage(106, LogLevel.Warning, "{Thread}: the last commit for revoked partitions came too late: {Reason}")]
    public static partial void RevokedBeforeCommit(this ILogger logger, Exception fault, string thread, string reason);

    [LoggerMessage(107, LogLevel.Warning, "{Thread}: {Record} took {Seconds} s, or the process was suspended. The transaction timeout is {Timeout} s: the broker has aborted the transaction, and its records are processed again. "
        + "Where operators take that long, raise the transaction timeout above the longest record.")]
    public static partial void TransactionTimedOut(this ILogger logger, string thread, string record, double seconds, double timeout);

    [LoggerMessage(108, LogLevel.Information, "{Thread}: {Record} took {Seconds} s, or the process was suspended. The group is asked whether the tasks are still this thread's.")]
    public static partial void ResumedAfterPause(this ILogger logger, string thread, string record, double seconds);

    [LoggerMessage(109, LogLevel.Information, "{Thread}: {Count} tasks assigned: {Tasks}")]
    public static partial void TasksAssigned(this ILogger logger, string thread, int count, string tasks);

    [LoggerMessage(110, LogLevel.Information, "{Thread}: {Count} tasks closed: {Tasks}")]
    public static partial void TasksClosed(this ILogger logger, string thread, int count, string tasks);

    [LoggerMessage(111, LogLevel.Warning, "{Thread}: blocked for {Seconds} s: {Reason}")]
    public static partial void ThreadBlocked(this ILogger logger, string thread, long seconds, string? reason);

    [LoggerMessage(112, LogLevel.Warning, "{Text}")]
    public static partial void Repeated(this ILogger logger, Exception? fault, string text);

    [LoggerMessage(113, LogLevel.Debug, "Completion carries the fault already.")]
    public static partial void FaultAlreadyReported(this ILogger logger, Exception fault);

    [LoggerMessage(114, LogLevel.Error, "A handler of StateChanged threw when the application went from {Before} to {Now}: {Reason}")]
    public static partial void StateHandlerThrew(this ILogger logger, Exception fault, string before, string now, string reason);
}
