using CrashStreams.Broker.Groups;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>A member of a classic group is alive, and learns whether it has to join again.</summary>
internal static class Heartbeat
{
    public static HeartbeatResponse Handle(HeartbeatRequest request, GroupCoordinator groups) => new()
    {
        ErrorCode = request.GroupId.Length == 0
            ? ErrorCode.InvalidGroupId
            : groups.FindClassic(request.GroupId)?.Heartbeat(request.MemberId, request.GroupInstanceId, request.GenerationId) ?? ErrorCode.UnknownMemberId,
    };
}
