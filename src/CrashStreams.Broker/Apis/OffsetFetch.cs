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

    public static OffsetFetchResponse Handle(OffsetFetchRequest request, short version, GroupCoordinator groups, AnswerBudget budget)
    {
        if (version < BatchedVersion)
            return FetchOne(request, groups, budget);
        return new OffsetFetchResponse { Groups = [.. request.Groups.DistinctBy(group => group.GroupId).Select(group => Fetch(group, version, request.RequireStable, groups, budget))] };
    }

    private static OffsetFetchResponse FetchOne(OffsetFetchRequest request, GroupCoordinator groups, AnswerBudget budget)
    {
        var offsets = groups.Find(request.GroupId)?.Offsets;
        var topics = request.Topics?.ConvertAll(topic => (topic.Name, Partitions: topic.PartitionIndexes)) ?? AllTopics(offsets);
        return new OffsetFetchResponse
        {
            Topics = topics.ConvertAll(topic => new OffsetFetchResponse.OffsetFetchResponseTopic
            {
                Name = topic.Name,
                Partitions = ConvertOnce(topic.Partitions, index =>
                {
                    var (offset, error) = Find(offsets, new TopicPartition(topic.Name, index), request.RequireStable, budget);
                    return new OffsetFetchResponse.OffsetFetchResponsePartition
                    {
                        PartitionIndex = index,
                        CommittedOffset = offset.Offset,
                        CommittedLeaderEpoch = offset.LeaderEpoch,
                        Metadata = offset.Metadata,
                        ErrorCode = error,
                    };
                }),
            }),
        };
    }

    private static OffsetFetchResponse.OffsetFetchResponseGroup Fetch(
        OffsetFetchRequest.OffsetFetchRequestGroup request, short version, bool requireStable, GroupCoordinator groups, AnswerBudget budget)
    {
        var response = new OffsetFetchResponse.OffsetFetchResponseGroup { GroupId = request.GroupId };
        var group = groups.Find(request.GroupId);
        response.ErrorCode = group?.Membership.CheckFetch(request.MemberId, request.MemberEpoch) ?? ErrorCode.None;
        if (response.ErrorCode != ErrorCode.None)
            return response;
        if (request.Topics is null)
        {
            foreach (var (name, partitions) in AllTopics(group?.Offsets))
            {
                var exists = groups.Context.Topics.TryGet(name, out var topic);
                if (version < TopicIdVersion || exists)
                    response.Topics.Add(Topic(name, topic?.Id ?? default, partitions));
            }
            return response;
        }
        foreach (var topic in request.Topics)
        {
            if (version < TopicIdVersion)
                response.Topics.Add(Topic(topic.Name, default, topic.PartitionIndexes));
            else if (groups.Context.Topics.TryGet(topic.TopicId, out var info))
                response.Topics.Add(Topic(info.Name, topic.TopicId, topic.PartitionIndexes));
            else
                response.Topics.Add(new() { TopicId = topic.TopicId, Partitions = topic.PartitionIndexes.ConvertAll(index => Partition(index, s_none, ErrorCode.UnknownTopicId)) });
        }
        return response;

        OffsetFetchResponse.OffsetFetchResponseTopics Topic(string name, Guid id, List<int> partitions) => new()
        {
            Name = name,
            TopicId = id,
            Partitions = ConvertOnce(partitions, index =>
            {
                var (offset, error) = Find(group?.Offsets, new TopicPartition(name, index), requireStable, budget);
                return Partition(index, offset, error);
            }),
        };
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

    private static List<T> ConvertOnce<T>(List<int> partitions, Func<int, T> convert) => [.. partitions.Distinct().Select(convert)];

    private static List<(string Name, List<int> Partitions)> AllTopics(GroupOffsets? offsets) =>
        offsets is null ? [] : [.. offsets.Committed.Keys.GroupBy(partition => partition.Topic, partition => partition.Partition).Select(topic => (topic.Key, topic.ToList()))];

    private static OffsetFetchResponse.OffsetFetchResponsePartitions Partition(int index, CommittedOffset offset, ErrorCode error) => new()
    {
        PartitionIndex = index,
        CommittedOffset = offset.Offset,
        CommittedLeaderEpoch = offset.LeaderEpoch,
        Metadata = offset.Metadata,
        ErrorCode = error,
    };
}
