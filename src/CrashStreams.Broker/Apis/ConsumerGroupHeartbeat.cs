using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The request of KIP-848 members: joining, staying, confirming, leaving.</summary>
internal static class ConsumerGroupHeartbeat
{
    public static ConsumerGroupHeartbeatResponse Handle(ConsumerGroupHeartbeatRequest request, short version, ClientIdentity client, UserAccess access, GroupCoordinator groups)
    {
        // In v0 the coordinator makes the member id.
        if (version == 0 && request.MemberId.Length == 0 && request.MemberEpoch == 0)
            request.MemberId = groups.Context.NewMemberId();
        if ((HeartbeatRules.CheckIds(request) ?? HeartbeatRules.Check(request, ConsumerGroup.Assignors)) is { } malformed)
            return malformed;
        if (request.MemberEpoch != 0)
            return groups.FindConsumer(request.GroupId)?.Heartbeat(request, client, access)
                ?? HeartbeatRules.Refuse(ErrorCode.GroupIdNotFound, $"There is no consumer group {request.GroupId}.");
        if (groups.FindOrCreate(request.GroupId) is not { } group)
            return HeartbeatRules.Refuse(ErrorCode.GroupMaxSizeReached, "The broker has no room for another group.");
        var error = group.AsConsumer(out var consumer);
        if (error != ErrorCode.None)
            return HeartbeatRules.Refuse(error, error == ErrorCode.GroupIdNotFound
                ? $"Group {request.GroupId} has members of the classic protocol whose assignor this protocol has not."
                : "The group could not be stored.");
        var response = consumer.Heartbeat(request, client, access);
        if (response.ErrorCode != ErrorCode.None)
            consumer.LeaveToClassicMembers();
        groups.ForgetBlank(group);
        return response;
    }
}
