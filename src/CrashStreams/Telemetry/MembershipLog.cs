using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>What is logged of an application's other instances. Event ids 400 to 499; they stay what they are.</summary>
internal static partial class MembershipLog
{
    [LoggerMessage(401, LogLevel.Debug, "{Thread}: the directory of instances is behind: {Reason}")]
    public static partial void DirectoryBehind(this ILogger logger, Exception fault, string thread, string reason);

    [LoggerMessage(402, LogLevel.Information, "{Thread}: {Owner}, whose tasks have come here, is silent; the transaction that it may have left open is aborted")]
    public static partial void OwnerSilent(this ILogger logger, string thread, string owner);

    [LoggerMessage(403, LogLevel.Debug, "{Thread}: {Owner} was not fenced: {Reason}")]
    public static partial void OwnerNotFenced(this ILogger logger, Exception fault, string thread, string owner, string reason);
}
