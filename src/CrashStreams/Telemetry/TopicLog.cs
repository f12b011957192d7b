using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>What is logged of topics and positions. Event ids 300 to 399; they stay what they are.</summary>
internal static partial class TopicLog
{
    [LoggerMessage(301, LogLevel.Warning,
        "{Partition} is read on at {Next} ({Policy}), because the log does not hold {Position} any more: it goes from {Start} to {End}. {Lost} records were deleted before they were read.")]
    public static partial void PositionOutOfRange(this ILogger logger, TopicPartition partition, long next, OffsetReset policy, long position, long start, long end, long lost);

    [LoggerMessage(302, LogLevel.Warning,
        "{Partition}: somebody who is not of this application has committed offset {Theirs} as a member of group '{Group}'. It is not used: reading goes on at {Own}.")]
    public static partial void ForeignCommit(this ILogger logger, TopicPartition partition, long theirs, string group, long own);

    [LoggerMessage(303, LogLevel.Warning, "Processed records of repartition topics could not be deleted and take room until they are: {Reason}")]
    public static partial void RepartitionNotPurged(this ILogger logger, string reason);

    [LoggerMessage(304, LogLevel.Warning, "Expired windows could not be deleted from changelogs and take room until they are: {Reason}")]
    public static partial void ChangelogNotPurged(this ILogger logger, string? reason);

    [LoggerMessage(305, LogLevel.Warning,
        "Topic '{Topic}' takes no record time that is more than {Ahead} ms ahead of or {Behind} ms behind the clock, and that can't be changed ({Reason}): records with such event times are production faults.")]
    public static partial void TimesAreLimited(this ILogger logger, string topic, long ahead, long behind, string reason);

    [LoggerMessage(306, LogLevel.Warning, "Topic '{Topic}', which the application writes, does not exist yet. Create it: records for it are production faults until then.")]
    public static partial void SinkIsMissing(this ILogger logger, string topic);

    [LoggerMessage(307, LogLevel.Information, "The settings of the topics that the application writes can't be read ({Reason}): what they refuse is only known when they do.")]
    public static partial void SettingsUnknown(this ILogger logger, string reason);

    [LoggerMessage(308, LogLevel.Information, "Topic '{Topic}' gets retention.ms=-1 instead of {Present}: the application deletes what it needs no more.")]
    public static partial void RetentionIsLifted(this ILogger logger, string topic, string? present);

    [LoggerMessage(309, LogLevel.Debug, "Whether topics were deleted was not told.")]
    public static partial void DeletionUnknown(this ILogger logger, Exception fault);

    [LoggerMessage(310, LogLevel.Debug, "Whether topics were deleted can't be asked: {Reason}")]
    public static partial void DeletionNotAsked(this ILogger logger, Exception fault, string reason);
}
