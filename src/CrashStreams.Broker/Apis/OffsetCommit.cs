using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Stores a group's positions, by topic name or (v10) by topic id.</summary>
internal static class OffsetCommit
{
    private const short TopicIdVersion = 10;

    public static OffsetCommitResponse Handle(OffsetCommitRequest request, short version, GroupCoordinator groups)
    {
        var context = groups.Context;
        var groupError = OffsetRules.CheckSize(request.GroupId, request.MemberId, request.GroupInstanceId, request.Topics.Sum(topic => topic.Partitions.Count), context.Options);
        if (groupError == ErrorCode.None)
            groupError = OffsetRules.Check(groups.Find(request.GroupId), request.MemberId, request.GroupInstanceId, request.GenerationIdOrMemberEpoch, isTransactional: false,
            request.Topics.SelectMany(topic => TryFind(topic, out var info) ? topic.Partitions.Select(p => new TopicIdPartition(info.Id, p.PartitionIndex)) : []));
        var expireMs = request.RetentionTimeMs < 0 ? -1 : Saturating.Add(context.Timers.NowMs, request.RetentionTimeMs);
        var accepted = new Dictionary<TopicPartition, CommittedOffset>();
        var written = new List<OffsetCommitResponse.OffsetCommitResponsePartition>();
        var response = new OffsetCommitResponse();
        foreach (var topic in request.Topics)
        {
            var isKnown = TryFind(topic, out var info);
            var unknown = version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            var answers = new List<OffsetCommitResponse.OffsetCommitResponsePartition>();
            response.Topics.Add(new() { Name = topic.Name, TopicId = topic.TopicId, Partitions = answers });
            foreach (var partition in topic.Partitions)
            {
                var answer = new OffsetCommitResponse.OffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex };
                answers.Add(answer);
                answer.ErrorCode = !isKnown || (uint)partition.PartitionIndex >= (uint)info!.Partitions ? unknown : groupError != ErrorCode.None ? groupError : OffsetRules.CheckMetadata(partition.CommittedMetadata, context.Options);
                if (answer.ErrorCode != ErrorCode.None)
                    continue;
                accepted[new TopicPartition(info!.Name, partition.PartitionIndex)] =
                    new CommittedOffset(partition.CommittedOffset, partition.CommittedLeaderEpoch, partition.CommittedMetadata ?? "", context.Timers.NowMs, expireMs);
                written.Add(answer);
            }
        }
        if (accepted.Count > 0 && Commit(groups.FindOrCreate(request.GroupId)) is var error and not ErrorCode.None)
            written.ForEach(answer => answer.ErrorCode = error);
        return response;

        ErrorCode Commit(Group? group)
        {
            if (group?.Offsets.HasRoom(accepted.Values) != true)
                return ErrorCode.PolicyViolation;
            return group.Offsets.TryCommit(accepted) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
        }

        bool TryFind(OffsetCommitRequest.OffsetCommitRequestTopic topic, [MaybeNullWhen(false)] out TopicInfo info) =>
            version >= TopicIdVersion ? context.Topics.TryGet(topic.TopicId, out info) : context.Topics.TryGet(topic.Name, out info);
    }
}
