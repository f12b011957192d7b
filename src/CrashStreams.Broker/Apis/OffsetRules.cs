using System.Text;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Apis;

/// <summary>Who may commit what; the same for plain and transactional commits.</summary>
internal static class OffsetRules
{
    /// <summary>A group that doesn't exist is made by the commit of somebody who isn't a member of anything.</summary>
    public static ErrorCode Check(Group? group, string memberId, string? instanceId, int epoch, bool isTransactional, IEnumerable<TopicIdPartition> partitions)
    {
        if (group is not null)
            return group.Membership.CheckCommit(memberId, instanceId, epoch, isTransactional, partitions);
        return epoch < 0 ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    /// <summary>What is wrong with a commit as a whole: an id that is too long, or more partitions than a commit may have.</summary>
    public static ErrorCode CheckSize(string groupId, string memberId, string? instanceId, int partitions, GroupOptions options)
    {
        if (!IdRules.Fits(groupId))
            return ErrorCode.InvalidGroupId;
        if (!IdRules.Fits(memberId) || !IdRules.Fits(instanceId))
            return ErrorCode.InvalidRequest;
        return partitions > options.MaxPartitionsPerCommit ? ErrorCode.InvalidCommitOffsetSize : ErrorCode.None;
    }

    public static ErrorCode CheckMetadata(string? metadata, GroupOptions options) =>
        metadata is not null && Encoding.UTF8.GetByteCount(metadata) > options.MaxOffsetMetadataBytes ? ErrorCode.OffsetMetadataTooLarge : ErrorCode.None;
}
