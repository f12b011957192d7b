using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>A member of a classic group as a client library would be it, one request at a time, driven by hand.</summary>
internal sealed class ClassicClient(CoordinatorHost host, string name, string? instanceId = null)
{
    public const int SessionTimeoutMs = 10_000;
    public const int RebalanceTimeoutMs = 60_000;

    private int _call;

    public string MemberId { get; set; } = "";

    public int Generation { get; set; } = -1;

    public string[] Protocols { get; set; } = ["range"];

    public byte Subscription { get; set; } = 1;

    public JoinGroupResponse? Joined { get; private set; }

    public SyncGroupResponse? Synced { get; private set; }

    /// <summary>A request of it is held by the coordinator.</summary>
    public bool IsWaiting { get; private set; }

    public bool IsLeader => Joined?.Leader == MemberId;

    /// <summary>Sends a JoinGroup, and again with the id if one was required first.</summary>
    public ErrorCode? Join(short version = 9)
    {
        JoinOnce(version);
        if (Joined?.ErrorCode == ErrorCode.MemberIdRequired)
            JoinOnce(version);
        return Joined?.ErrorCode;
    }

    public ErrorCode? JoinOnce(short version = 9)
    {
        Joined = null;
        Synced = null;
        IsWaiting = true;
        var call = ++_call;
        var request = new JoinGroupRequest
        {
            GroupId = "g",
            MemberId = MemberId,
            GroupInstanceId = instanceId,
            SessionTimeoutMs = SessionTimeoutMs,
            RebalanceTimeoutMs = RebalanceTimeoutMs,
            ProtocolType = "consumer",
            Protocols = [.. Protocols.Select(protocol => new JoinGroupRequest.JoinGroupRequestProtocol { Name = protocol, Metadata = [Subscription] })],
        };
        JoinGroup.Handle(request, version, new ClientIdentity(name, "/127.0.0.1"), UserAccess.Everything, host.Groups, response =>
        {
            if (call != _call)
                return;
            IsWaiting = false;
            Joined = response;
            MemberId = response.MemberId;
            Generation = response.GenerationId;
        });
        return Joined?.ErrorCode;
    }

    /// <summary>Sends a SyncGroup; the leader gives each member its own id as assignment.</summary>
    public ErrorCode? Sync()
    {
        Synced = null;
        IsWaiting = true;
        var call = ++_call;
        var request = new SyncGroupRequest { GroupId = "g", MemberId = MemberId, GroupInstanceId = instanceId, GenerationId = Generation };
        if (IsLeader)
            request.Assignments = [.. Joined!.Members.Select(member => new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = member.MemberId, Assignment = AssignmentOf(member.MemberId) })];
        SyncGroup.Handle(request, host.Groups, response =>
        {
            if (call != _call)
                return;
            IsWaiting = false;
            Synced = response;
        });
        return Synced?.ErrorCode;
    }

    /// <summary>Its connection broke: the answer to what it waits for never comes.</summary>
    public void Abandon()
    {
        if (!IsWaiting)
            return;
        _call++;
        IsWaiting = false;
        Joined = null;
    }

    public ErrorCode Beat() =>
        Heartbeat.Handle(new HeartbeatRequest { GroupId = "g", MemberId = MemberId, GroupInstanceId = instanceId, GenerationId = Generation }, host.Groups).ErrorCode;

    public ErrorCode Leave() => LeaveGroup.Handle(new LeaveGroupRequest { GroupId = "g", MemberId = MemberId }, 1, host.Groups).Last()!.ErrorCode;

    public ErrorCode Commit(long offset = 1, string? memberId = null) => OffsetCommit.Handle(
        new OffsetCommitRequest
        {
            GroupId = "g",
            MemberId = memberId ?? MemberId,
            GroupInstanceId = instanceId,
            GenerationIdOrMemberEpoch = Generation,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = offset }] }],
        },
        9,
        host.Groups).Topics[0].Partitions[0].ErrorCode;

    public static byte[] AssignmentOf(string memberId) => System.Text.Encoding.UTF8.GetBytes(memberId);
}
