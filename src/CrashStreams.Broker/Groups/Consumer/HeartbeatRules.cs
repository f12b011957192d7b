using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>What a ConsumerGroupHeartbeat must look like, whatever the group's state.</summary>
internal static class HeartbeatRules
{
    /// <summary>The refusal when an id is missing or too long, else null.</summary>
    public static ConsumerGroupHeartbeatResponse? CheckIds(ConsumerGroupHeartbeatRequest request)
    {
        if (request.GroupId.Length == 0)
            return Refuse(ErrorCode.InvalidRequest, "GroupId can't be empty.");
        foreach (var id in new[] { request.GroupId, request.MemberId, request.InstanceId, request.RackId, request.ServerAssignor })
            if (!IdRules.Fits(id))
                return Refuse(ErrorCode.InvalidRequest, $"An id has more than {IdRules.MaxBytes} bytes.");
        return null;
    }

    /// <summary>The refusal, or null when the request is well-formed.</summary>
    public static ConsumerGroupHeartbeatResponse? Check(ConsumerGroupHeartbeatRequest request, IEnumerable<string> assignors)
    {
        if (request.MemberId.Length == 0)
            return Refuse(ErrorCode.InvalidRequest, "MemberId can't be empty.");
        if (request.InstanceId?.Length == 0)
            return Refuse(ErrorCode.InvalidRequest, "InstanceId can't be empty.");
        if (request.RackId?.Length == 0)
            return Refuse(ErrorCode.InvalidRequest, "RackId can't be empty.");
        if (request.MemberEpoch < ConsumerMember.AwayEpoch)
            return Refuse(ErrorCode.InvalidRequest, $"MemberEpoch {request.MemberEpoch} is invalid.");
        if (request.MemberEpoch == ConsumerMember.AwayEpoch && request.InstanceId is null)
            return Refuse(ErrorCode.InvalidRequest, "InstanceId can't be null when a static member leaves for a while.");
        if (request.ServerAssignor is { } assignor && !assignors.Contains(assignor))
            return Refuse(ErrorCode.UnsupportedAssignor, $"Assignor {assignor} is not supported; there are {string.Join(" and ", assignors)}.");
        return request.MemberEpoch == 0 ? CheckJoin(request) : null;
    }

    public static ConsumerGroupHeartbeatResponse Refuse(ErrorCode error, string message) => new() { ErrorCode = error, ErrorMessage = message };

    private static ConsumerGroupHeartbeatResponse? CheckJoin(ConsumerGroupHeartbeatRequest request)
    {
        if (request.RebalanceTimeoutMs < 0)
            return Refuse(ErrorCode.InvalidRequest, "RebalanceTimeoutMs must be given when joining.");
        if (request.TopicPartitions is { Count: > 0 })
            return Refuse(ErrorCode.InvalidRequest, "TopicPartitions must be empty when joining.");
        if (request.SubscribedTopicNames is null && request.SubscribedTopicRegex is null)
            return Refuse(ErrorCode.InvalidRequest, "SubscribedTopicNames or SubscribedTopicRegex must be given when joining.");
        return null;
    }
}
