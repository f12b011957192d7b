using System.Collections.Immutable;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows KIP-848 groups. Admin clients turn to DescribeGroups when a group is not one.</summary>
internal static class ConsumerGroupDescribe
{
    /// <summary>A member that speaks the consumer protocol (KIP-1099).</summary>
    private const sbyte ConsumerMemberType = 1;

    public static ConsumerGroupDescribeResponse Handle(ConsumerGroupDescribeRequest request, GroupCoordinator groups) => new()
    {
        Groups = request.GroupIds.ConvertAll(id => groups.Find(id)?.Membership switch
        {
            ConsumerGroup group => Describe(id, group, groups.Context),
            null => NotFound(id, $"Group {id} not found."),
            _ => NotFound(id, $"Group {id} is not a consumer group."),
        }),
    };

    private static ConsumerGroupDescribeResponse.DescribedGroup Describe(string id, ConsumerGroup group, GroupContext context) => new()
    {
        GroupId = id,
        GroupState = group.StateName,
        GroupEpoch = group.GroupEpoch,
        AssignmentEpoch = group.TargetEpoch,
        AssignorName = group.AssignorName,
        Members =
        [
            .. group.Members.Select(member => new ConsumerGroupDescribeResponse.Member
            {
                MemberId = member.Id,
                InstanceId = member.InstanceId,
                RackId = member.RackId,
                MemberEpoch = member.Epoch,
                ClientId = member.Client.ClientId,
                ClientHost = member.Client.Host,
                SubscribedTopicNames = [.. member.TopicNames],
                SubscribedTopicRegex = member.Pattern?.Text ?? "",
                Assignment = ToResponse(member.Assigned, context),
                TargetAssignment = ToResponse(member.Target, context),
                MemberType = ConsumerMemberType,
            }),
        ],
    };

    private static ConsumerGroupDescribeResponse.DescribedGroup NotFound(string id, string message) => new()
    {
        GroupId = id,
        ErrorCode = ErrorCode.GroupIdNotFound,
        ErrorMessage = message,
    };

    private static ConsumerGroupDescribeResponse.Assignment ToResponse(ImmutableSortedSet<TopicIdPartition> partitions, GroupContext context)
    {
        var assignment = new ConsumerGroupDescribeResponse.Assignment();
        foreach (var topic in partitions.GroupBy(partition => partition.TopicId, partition => partition.Partition))
        {
            // A topic that was deleted since is in nobody's assignment for long, and has no name to show.
            if (context.Topics.TryGet(topic.Key, out var info))
                assignment.TopicPartitions.Add(new() { TopicId = topic.Key, TopicName = info.Name, Partitions = [.. topic] });
        }
        return assignment;
    }
}
