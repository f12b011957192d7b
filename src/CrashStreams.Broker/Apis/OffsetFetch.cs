using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The positions of one group, or (v8 and later) of many; by topic name or (v10) by topic id.</summary>
internal static class OffsetFetch
{
    private const short BatchedVersion = 8;
    private const short TopicIdVersion = 10;
    private static readonly CommittedOffset s_none = new(-1, -1, "", -1);

    public static IEnumerable<OffsetFetchResponse?> Handle(OffsetFetchRequest request, short version, GroupCoordinator groups, AnswerBudget budget)
    {
        var response = new OffsetFetchResponse();
        if (version < BatchedVersion)
        {
            var offsets = groups.Find(request.GroupId)?.Offsets;
            var topics = request.Topics?.ConvertAll(topic => (topic.Name, Partitions: topic.PartitionIndexes)) ?? AllTopics(offsets);
            foreach (var (name, indexes) in topics)
            {
                var answers = new List<OffsetFetchResponse.OffsetFetchResponsePartition>();
                response.Topics.Add(new() { Name = name, Partitions = answers });
                foreach (var some in indexes.Distinct().Chunk(Steps.Elements))
                {
                    answers.AddRange(some.Select(index => OfOneGroup(index, Find(offsets, new TopicPartition(name, index), request.RequireStable, budget))));
                    yield return null;
                }
            }
            yield return response;
            yield break;
        }
        foreach (var group in request.Groups.DistinctBy(group => group.GroupId))
        {
            var answer = new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = group.GroupId };
            response.Groups.Add(answer);
            foreach (var _ in Answer(group, answer, version, request.RequireStable, groups, budget))
                yield return null;
            yield return null;
        }
        yield return response;
    }

    private static IEnumerable<int> Answer(
        OffsetFetchRequest.OffsetFetchRequestGroup request, OffsetFetchResponse.OffsetFetchResponseGroup response, short version, bool requireStable, GroupCoordinator groups, AnswerBudget budget)
    {
        var group = groups.Find(request.GroupId);
        response.ErrorCode = group?.Membership.CheckFetch(request.MemberId, request.MemberEpoch) ?? ErrorCode.None;
        if (response.ErrorCode != ErrorCode.None)
            yield break;
        foreach (var (name, id, indexes) in Named(request, group?.Offsets, version, groups.Context.Topics))
        {
            var answers = new List<OffsetFetchResponse.OffsetFetchResponsePartitions>();
            response.Topics.Add(new() { Name = name ?? "", TopicId = id, Partitions = answers });
            foreach (var some in indexes.Distinct().Chunk(Steps.Elements))
            {
                answers.AddRange(some.Select(index =>
                {
                    var (offset, error) = name is null ? (s_none, ErrorCode.UnknownTopicId) : Find(group?.Offsets, new TopicPartition(name, index), requireStable, budget);
                    return Partition(index, offset, error);
                }));
                yield return answers.Count;
            }
        }
    }

    /// <summary>The topics that a request names, or all; the name of an unknown id is null.</summary>
    private static IEnumerable<(string? Name, Guid Id, List<int> Indexes)> Named(OffsetFetchRequest.OffsetFetchRequestGroup request, GroupOffsets? offsets, short version, ITopicView topics)
    {
        if (request.Topics is null)
            return AllTopics(offsets).Select(topic => (topic.Name, Id: topics.TryGet(topic.Name, out var info) ? info.Id : default, topic.Partitions))
                .Where(topic => version < TopicIdVersion || topic.Id != Guid.Empty).Select(topic => ((string?)topic.Name, topic.Id, topic.Partitions));
        return version < TopicIdVersion
            ? request.Topics.Select(topic => ((string?)topic.Name, Guid.Empty, topic.PartitionIndexes))
            : request.Topics.Select(topic => (topics.TryGet(topic.TopicId, out var info) ? info.Name : null, topic.TopicId, topic.PartitionIndexes));
    }

    private static (CommittedOffset Offset, ErrorCode Error) Find(GroupOffsets? offsets, TopicPartition partition, bool requireStable, AnswerBudget budget)
    {
        if (offsets is null)
            return (s_none, ErrorCode.None);
        if (requireStable && offsets.IsUnstable(partition))
            return (s_none, ErrorCode.UnstableOffsetCommit);
        var found = offsets.Find(partition) ?? s_none;
        return budget.TryTake(AnswerBudget.Size(found.Metadata)) ? (found, ErrorCode.None) : (s_none, ErrorCode.InvalidRequest);
    }

    private static List<(string Name, List<int> Partitions)> AllTopics(GroupOffsets? offsets) =>
        offsets is null ? [] : [.. offsets.Committed.Keys.GroupBy(partition => partition.Topic, partition => partition.Partition).Select(topic => (topic.Key, topic.ToList()))];

    private static OffsetFetchResponse.OffsetFetchResponsePartition OfOneGroup(int index, (CommittedOffset Offset, ErrorCode Error) found) => new()
    {
        PartitionIndex = index,
        CommittedOffset = found.Offset.Offset,
        CommittedLeaderEpoch = found.Offset.LeaderEpoch,
        Metadata = found.Offset.Metadata,
        ErrorCode = found.Error,
    };

    private static OffsetFetchResponse.OffsetFetchResponsePartitions Partition(int index, CommittedOffset offset, ErrorCode error) => new()
    {
        PartitionIndex = index,
        CommittedOffset = offset.Offset,
        CommittedLeaderEpoch = offset.LeaderEpoch,
        Metadata = offset.Metadata,
        ErrorCode = error,
    };
}
