using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows classic groups.</summary>
internal static class DescribeGroups
{
    /// <summary>The first version that says so when there is no such group; before, it is described as Dead (KIP-1043).</summary>
    private const short NotFoundVersion = 6;

    public static IEnumerable<DescribeGroupsResponse?> Handle(DescribeGroupsRequest request, short version, GroupCoordinator groups, AnswerBudget budget)
    {
        var response = new DescribeGroupsResponse();
        foreach (var id in request.Groups.Distinct())
        {
            response.Groups.Add(groups.Find(id)?.Membership switch
            {
                ClassicGroup group when budget.TryTake(group.Bytes) => Describe(id, group),
                ClassicGroup => new() { GroupId = id, ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = "The answer would be too large: ask for fewer groups." },
                null => NotFound(id, $"Group {ClientText.Escape(id)} not found.", version),
                _ => NotFound(id, $"Group {ClientText.Escape(id)} is not a classic group.", version),
            });
            yield return null;
        }
        yield return response;
    }

    private static DescribeGroupsResponse.DescribedGroup Describe(string id, ClassicGroup group)
    {
        var isStable = group.State == ClassicGroupState.Stable;
        return new DescribeGroupsResponse.DescribedGroup
        {
            GroupId = id,
            GroupState = group.StateName,
            ProtocolType = group.ProtocolType,
            ProtocolData = isStable ? group.ProtocolName ?? "" : "",
            Members =
            [
                .. group.Members.Select(member => new DescribeGroupsResponse.DescribedGroupMember
                {
                    MemberId = member.Id,
                    GroupInstanceId = member.InstanceId,
                    ClientId = member.Client.ClientId,
                    ClientHost = member.Client.Host,
                    MemberMetadata = isStable ? member.MetadataFor(group.ProtocolName) : [],
                    MemberAssignment = isStable ? member.Assignment : [],
                }),
            ],
        };
    }

    private static DescribeGroupsResponse.DescribedGroup NotFound(string id, string message, short version) => new()
    {
        GroupId = id,
        GroupState = nameof(ClassicGroupState.Dead),
        ErrorCode = version >= NotFoundVersion ? ErrorCode.GroupIdNotFound : ErrorCode.None,
        ErrorMessage = version >= NotFoundVersion ? message : null,
    };
}
