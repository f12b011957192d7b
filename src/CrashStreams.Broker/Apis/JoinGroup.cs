using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>A member of the classic protocol enters a group, or a rebalance of it; answered when the join phase of a classic group ends.</summary>
internal static class JoinGroup
{
    /// <summary>KIP-394: the member first gets an id.</summary>
    private const short KnownIdVersion = 4;

    /// <summary>The first version in which there may be no protocol name.</summary>
    private const short NullableProtocolVersion = 7;

    /// <summary>KIP-814.</summary>
    private const short SkipAssignmentVersion = 9;

    public static void Handle(JoinGroupRequest request, short version, ClientIdentity client, UserAccess access, GroupCoordinator groups, Action<JoinGroupResponse> reply)
    {
        if (Check(request, groups) is var error and not ErrorCode.None)
            Refuse(error);
        else if (groups.FindOrCreate(request.GroupId) is not { } group)
            Refuse(ErrorCode.GroupMaxSizeReached);
        else if (group.AsClassic() is { } classic)
        {
            classic.Join(request, client, version >= KnownIdVersion, version >= SkipAssignmentVersion, Answer);
            groups.ForgetBlank(group);
        }
        else if (group.Membership is ConsumerGroup { IsEmpty: false } consumer)
            consumer.Join(request, client, access, version >= KnownIdVersion, Answer);
        else
            Refuse(ErrorCode.CoordinatorNotAvailable);

        void Refuse(ErrorCode refusal) => Answer(new JoinGroupResponse { ErrorCode = refusal, MemberId = request.MemberId, ProtocolName = null });

        void Answer(JoinGroupResponse response)
        {
            if (version < NullableProtocolVersion)
                response.ProtocolName ??= "";
            reply(response);
        }
    }

    private static ErrorCode Check(JoinGroupRequest request, GroupCoordinator groups)
    {
        if (request.GroupId.Length == 0 || !IdRules.Fits(request.GroupId))
            return ErrorCode.InvalidGroupId;
        if (!IdRules.Fits(request.MemberId) || !IdRules.Fits(request.GroupInstanceId) || !IdRules.Fits(request.ProtocolType)
            || request.Protocols.Count > groups.Context.Options.MaxProtocols || request.Protocols.Exists(protocol => !IdRules.Fits(protocol.Name)))
            return ErrorCode.InvalidRequest;
        return request.MemberId.Length > 0 && groups.Find(request.GroupId) is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
    }
}
