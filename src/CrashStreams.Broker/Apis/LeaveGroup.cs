using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Members leave a classic group: one by its id, or (v3 and later) several, also by instance id.</summary>
internal static class LeaveGroup
{
    private const short BatchedVersion = 3;

    public static IEnumerable<LeaveGroupResponse?> Handle(LeaveGroupRequest request, short version, GroupCoordinator groups)
    {
        if (request.GroupId.Length == 0)
        {
            yield return new() { ErrorCode = ErrorCode.InvalidGroupId };
            yield break;
        }
        if (version < BatchedVersion)
        {
            yield return new() { ErrorCode = groups.FindClassic(request.GroupId)?.Leave(request.MemberId, null) ?? ErrorCode.UnknownMemberId };
            yield break;
        }
        var response = new LeaveGroupResponse();
        foreach (var member in request.Members)
        {
            response.Members.Add(new()
            {
                MemberId = member.MemberId,
                GroupInstanceId = member.GroupInstanceId,
                ErrorCode = groups.FindClassic(request.GroupId)?.Leave(member.MemberId, member.GroupInstanceId) ?? ErrorCode.UnknownMemberId,
            });
            yield return null;
        }
        yield return response;
    }
}
