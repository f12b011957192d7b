using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups;

/// <summary>A membership as members of the classic protocol see it: a classic group, or a KIP-848 group that has such members.</summary>
internal interface IClassicMembers
{
    /// <summary>A SyncGroup, answered at once or when the assignment is there.</summary>
    void Sync(SyncGroupRequest request, Action<SyncGroupResponse> reply);

    /// <summary>A Heartbeat. REBALANCE_IN_PROGRESS asks the member to join again.</summary>
    ErrorCode Heartbeat(string memberId, string? instanceId, int generation);

    /// <summary>A LeaveGroup of one member: by member id, or by instance id alone (an operator removing a static member).</summary>
    ErrorCode Leave(string memberId, string? instanceId);
}
