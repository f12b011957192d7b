using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>What is logged of stores: restores, warm copies, global tables. Event ids 200 to 299; they stay what they are.</summary>
internal static partial class StateLog
{
    [LoggerMessage(201, LogLevel.Warning, "Task {Task}: the local state of store '{Store}' is deleted and rebuilt: {Reason}.")]
    public static partial void StateDeleted(this ILogger logger, string task, string store, string reason);

    [LoggerMessage(202, LogLevel.Debug, "{Thread}: warm copies are behind: {Reason}")]
    public static partial void CopiesBehind(this ILogger logger, Exception fault, string thread, string reason);

    [LoggerMessage(203, LogLevel.Information, "{Thread}: keeps warm copies of {Tasks}")]
    public static partial void CopiesKept(this ILogger logger, string thread, string tasks);

    [LoggerMessage(204, LogLevel.Information, "{Thread}: the warm copy of {Task} is given up: {Reason}")]
    public static partial void CopyGivenUp(this ILogger logger, string thread, TaskId task, string reason);

    [LoggerMessage(205, LogLevel.Information, "Local state that nobody used for {Delay} is deleted: tasks {Tasks}")]
    public static partial void StateCleaned(this ILogger logger, TimeSpan delay, string tasks);

    [LoggerMessage(206, LogLevel.Information, "{Thread}: restored {Records} records in {Seconds:0.0} s ({Rate:0}/s).")]
    public static partial void Restored(this ILogger logger, string thread, long records, double seconds, double rate);

    [LoggerMessage(207, LogLevel.Information, "{Thread}: restored {Records} records ({Rate:0}/s), {Left} left, about {Seconds:0} s.")]
    public static partial void Restoring(this ILogger logger, string thread, long records, double rate, long left, double seconds);

    [LoggerMessage(208, LogLevel.Information, "Global tables were read: {Tables}")]
    public static partial void GlobalTablesRead(this ILogger logger, string tables);

    [LoggerMessage(209, LogLevel.Warning, "A row of a global table was skipped: {Fault}")]
    public static partial void RowSkipped(this ILogger logger, string fault);

    [LoggerMessage(210, LogLevel.Warning, "Group '{Group}' has lost positions of its state: {Losses}. The state is emptied and built again from {Sources}; results that were written before are written again.")]
    public static partial void PositionsLost(this ILogger logger, string group, string losses, string sources);

    [LoggerMessage(211, LogLevel.Debug, "The group's positions can't be set: {Reason}")]
    public static partial void PositionsNotSet(this ILogger logger, Exception fault, string reason);

    [LoggerMessage(212, LogLevel.Debug, "The ends of changelogs were not told.")]
    public static partial void ChangelogEndsUnknown(this ILogger logger, Exception? fault);
}
