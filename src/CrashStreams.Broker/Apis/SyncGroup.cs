using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>A member of a classic group asks for its assignment; the leader brings everyone's.</summary>
internal static class SyncGroup
{
    public static void Handle(SyncGroupRequest request, GroupCoordinator groups, Action<SyncGroupResponse> reply)
    {
        if (request.GroupId.Length == 0)
            reply(new SyncGroupResponse { ErrorCode = ErrorCode.InvalidGroupId });
        else if (groups.FindClassic(request.GroupId) is { } group)
            group.Sync(request, reply);
        else
            reply(new SyncGroupResponse { ErrorCode = ErrorCode.UnknownMemberId });
    }
}
