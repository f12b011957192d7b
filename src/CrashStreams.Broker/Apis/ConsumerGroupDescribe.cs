using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows KIP-848 groups. Admin clients turn to DescribeGroups when a group is not one.</summary>
internal static class ConsumerGroupDescribe
{
    /// <summary>Members by their protocols (KIP-1099).</summary>
    private const sbyte ClassicMemberType = 0;
    private const sbyte ConsumerMemberType = 1;

    public static IEnumerable<ConsumerGroupDescribeResponse?> Handle(ConsumerGroupDescribeRequest request, GroupCoordinator groups, AnswerBudget budget)
    {
        var response = new ConsumerGroupDescribeResponse();
        foreach (var id in request.GroupIds.Distinct())
        {
            response.Groups.Add(groups.Find(id)?.Membership switch
            {
                ConsumerGroup group when budget.TryTake(group.Bytes) => Describe(id, group, groups.Context),
                ConsumerGroup => new() { GroupId = id, ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = "The answer would be too large: ask for fewer groups." },
                null => NotFound(id, $"Group {ClientText.Escape(id)} not found."),
                _ => NotFound(id, $"Group {ClientText.Escape(id)} is not a consumer group."),
            });
            yield return null;
        }
        yield return response;
    }

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
                MemberType = member.Classic is null ? ConsumerMemberType : ClassicMemberType,
            }),
        ],
    };

    private static ConsumerGroupDescribeResponse.DescribedGroup NotFound(string id, string message) => new()
    {
        GroupId = id,
        ErrorCode = ErrorCode.GroupIdNotFound,
        ErrorMessage = message,
    };

    private static ConsumerGroupDescribeResponse.Assignment ToResponse(PartitionSet partitions, GroupContext context)
    {
        var assignment = new ConsumerGroupDescribeResponse.Assignment();
        foreach (var (topicId, indexes) in partitions.ByTopic())
        {
            // A topic that was deleted since is in nobody's assignment for long, and has no name to show.
            if (context.Topics.TryGet(topicId, out var info))
                assignment.TopicPartitions.Add(new() { TopicId = topicId, TopicName = info.Name, Partitions = indexes });
        }
        return assignment;
    }
}
