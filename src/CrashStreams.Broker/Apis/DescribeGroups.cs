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

    public static DescribeGroupsResponse Handle(DescribeGroupsRequest request, short version, GroupCoordinator groups) => new()
    {
        Groups = request.Groups.ConvertAll(id => groups.Find(id)?.Membership switch
        {
            ClassicGroup group => Describe(id, group),
            null => NotFound(id, $"Group {id} not found.", version),
            _ => NotFound(id, $"Group {id} is not a classic group.", version),
        }),
    };

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
