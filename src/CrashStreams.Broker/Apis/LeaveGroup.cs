using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Members leave a classic group: one by its id, or (v3 and later) several, also by instance id.</summary>
internal static class LeaveGroup
{
    private const short BatchedVersion = 3;

    public static LeaveGroupResponse Handle(LeaveGroupRequest request, short version, GroupCoordinator groups)
    {
        if (request.GroupId.Length == 0)
            return new LeaveGroupResponse { ErrorCode = ErrorCode.InvalidGroupId };
        var group = groups.FindClassic(request.GroupId);
        if (version < BatchedVersion)
            return new LeaveGroupResponse { ErrorCode = group?.Leave(request.MemberId, null) ?? ErrorCode.UnknownMemberId };
        return new LeaveGroupResponse
        {
            Members = request.Members.ConvertAll(member => new LeaveGroupResponse.MemberResponse
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.GroupInstanceId,
                ErrorCode = group?.Leave(member.MemberId, member.GroupInstanceId) ?? ErrorCode.UnknownMemberId,
            }),
        };
    }
}
