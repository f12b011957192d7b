using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Forgets positions of topics that no member of the group consumes.</summary>
internal static class OffsetDelete
{
    public static OffsetDeleteResponse Handle(OffsetDeleteRequest request, GroupCoordinator groups)
    {
        if (groups.Find(request.GroupId) is not { } group)
            return new OffsetDeleteResponse { ErrorCode = ErrorCode.GroupIdNotFound };
        if (group.Membership.CheckOffsetDelete() is var refused and not ErrorCode.None)
            return new OffsetDeleteResponse { ErrorCode = refused };
        return new OffsetDeleteResponse
        {
            Topics = request.Topics.ConvertAll(topic =>
            {
                var error = Delete(group, topic, groups.Context.Topics);
                return new OffsetDeleteResponse.OffsetDeleteResponseTopic
                {
                    Name = topic.Name,
                    Partitions = topic.Partitions.ConvertAll(partition => new OffsetDeleteResponse.OffsetDeleteResponsePartition
                    {
                        PartitionIndex = partition.PartitionIndex,
                        ErrorCode = error,
                    }),
                };
            }),
        };
    }

    private static ErrorCode Delete(Group group, OffsetDeleteRequest.OffsetDeleteRequestTopic topic, ITopicView topics)
    {
        if (!topics.TryGet(topic.Name, out _))
            return ErrorCode.UnknownTopicOrPartition;
        if (group.Membership.IsSubscribedTo(topic.Name))
            return ErrorCode.GroupSubscribedToTopic;
        var partitions = topic.Partitions.ConvertAll(partition => new TopicPartition(topic.Name, partition.PartitionIndex));
        return group.Offsets.TryRemove(partitions) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
    }
}
