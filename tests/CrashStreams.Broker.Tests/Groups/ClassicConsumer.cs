using System.Buffers.Binary;
using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>
/// A consumer of the classic protocol as a client library would be it, one request at a time: an eager one gives up everything before it joins, a cooperative one keeps
/// what it has, and joins again when it had to give up some.
/// </summary>
internal sealed class ClassicConsumer(CoordinatorHost host, string name, bool isCooperative, string? instanceId = null)
{
    public const int SessionTimeoutMs = 10_000;

    private bool _isWaiting;
    private bool _mustJoin = true;
    private bool _mustSync;
    private int _call;
    private JoinGroupResponse? _joined;

    public string MemberId { get; private set; } = "";

    public int Generation { get; private set; } = -1;

    public List<string> Topics { get; set; } = ["t"];

    public string[] Assignors { get; set; } = ["range"];

    public byte[]? SubscriptionUserData { get; set; }

    public byte[]? AssignmentUserData { get; set; }

    public HashSet<TopicIdPartition> Owned { get; } = [];

    public ErrorCode Last { get; private set; }

    /// <summary>Has an assignment, and was not asked to join again.</summary>
    public bool IsSettled => !_isWaiting && !_mustJoin && !_mustSync;

    /// <summary>The next request that such a client makes, unless it waits for an answer.</summary>
    public void Step()
    {
        if (_isWaiting)
            return;
        if (_mustJoin)
            Join();
        else if (_mustSync)
            Sync();
        else
            Take(Heartbeat.Handle(new() { GroupId = "g", MemberId = MemberId, GroupInstanceId = instanceId, GenerationId = Generation }, host.Groups).ErrorCode);
    }

    /// <summary>Steps until it has an assignment, or waits.</summary>
    public void Settle()
    {
        for (var steps = 0; steps < 20 && !IsSettled; steps++)
            Step();
    }

    public ErrorCode Leave()
    {
        Owned.Clear();
        return LeaveGroup.Handle(new LeaveGroupRequest { GroupId = "g", MemberId = MemberId }, 1, host.Groups).Last()!.ErrorCode;
    }

    /// <summary>The broker is gone, and with it the answer that it waits for.</summary>
    public void LoseConnection()
    {
        if (!_isWaiting)
            return;
        _call++;
        _isWaiting = false;
    }

    public ErrorCode Commit(int? generation = null) => OffsetCommit.Handle(
        new() { GroupId = "g", MemberId = MemberId, GroupInstanceId = instanceId, GenerationIdOrMemberEpoch = generation ?? Generation, Topics = [new() { Name = "t", Partitions = [new() { CommittedOffset = 1 }] }] },
        8, host.Groups).Topics[0].Partitions[0].ErrorCode;

    public ErrorCode Join()
    {
        if (!isCooperative)
            Owned.Clear();
        (_mustJoin, _mustSync, _isWaiting) = (true, false, true);
        var call = ++_call;
        var request = new JoinGroupRequest
        {
            GroupId = "g",
            MemberId = MemberId,
            GroupInstanceId = instanceId,
            SessionTimeoutMs = SessionTimeoutMs,
            RebalanceTimeoutMs = 60_000,
            ProtocolType = "consumer",
            Protocols = [.. Assignors.Select(assignor => new JoinGroupRequest.JoinGroupRequestProtocol { Name = assignor, Metadata = Subscription() })],
        };
        JoinGroup.Handle(request, 9, new ClientIdentity(name, "/127.0.0.1"), UserAccess.Everything, host.Groups, response =>
        {
            if (call != _call)
                return;
            _isWaiting = false;
            Take(response.ErrorCode);
            if (response.ErrorCode == ErrorCode.MemberIdRequired)
                MemberId = response.MemberId;
            if (response.ErrorCode != ErrorCode.None)
                return;
            (MemberId, Generation, _joined, _mustJoin, _mustSync) = (response.MemberId, response.GenerationId, response, false, true);
        });
        return Last;
    }

    private void Sync()
    {
        _isWaiting = true;
        var call = ++_call;
        var request = new SyncGroupRequest { GroupId = "g", MemberId = MemberId, GroupInstanceId = instanceId, GenerationId = Generation, ProtocolType = "consumer", ProtocolName = _joined!.ProtocolName };
        if (_joined.Leader == MemberId)
            request.Assignments = Assign(_joined.Members);
        SyncGroup.Handle(request, host.Groups, response =>
        {
            if (call != _call)
                return;
            _isWaiting = false;
            Take(response.ErrorCode);
            if (response.ErrorCode != ErrorCode.None)
                return;
            _mustSync = false;
            var given = ConsumerProtocol.ReadAssignment(response.Assignment, _joined!.ProtocolName, host.Topics) ?? [];
            var mustGiveUp = !Owned.IsSubsetOf(given);
            Owned.Clear();
            Owned.UnionWith(given);
            _mustJoin = isCooperative && mustGiveUp;
        });
    }

    private void Take(ErrorCode error)
    {
        Last = error;
        if (error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.FencedInstanceId)
        {
            Owned.Clear();
            if (error != ErrorCode.IllegalGeneration)
                MemberId = "";
            Generation = -1;
        }
        if (error is ErrorCode.None or ErrorCode.MemberIdRequired)
            return;
        (_mustJoin, _mustSync) = (true, false);
        // Before it asks to join; what it processes until then is still its own.
        if (!isCooperative)
            Owned.Clear();
    }

    private byte[] Subscription()
    {
        var owned = Owned.GroupBy(partition => partition.TopicId, partition => partition.Partition)
            .Select(topic => new ConsumerProtocolSubscription.TopicPartition { Topic = host.Topics.All.First(known => known.Id == topic.Key).Name, Partitions = [.. topic] });
        return Write(new ConsumerProtocolSubscription { Topics = Topics, OwnedPartitions = [.. owned], UserData = SubscriptionUserData, GenerationId = Generation }, version: 3);
    }

    /// <summary>The leader of a classic group: each partition to one of those who want it, and a cooperative one to nobody while another has it.</summary>
    private List<SyncGroupRequest.SyncGroupRequestAssignment> Assign(List<JoinGroupResponse.JoinGroupResponseMember> members)
    {
        var subscriptions = members.ConvertAll(member => (member.MemberId, Subscription: ConsumerProtocol.ReadSubscription(member.Metadata)!));
        var given = members.ToDictionary(member => member.MemberId, _ => new ConsumerProtocolAssignment { UserData = AssignmentUserData });
        foreach (var topic in host.Topics.All)
        {
            var wanting = subscriptions.Where(member => member.Subscription.Topics.Contains(topic.Name)).ToList();
            for (var partition = 0; partition < topic.Partitions && wanting.Count > 0; partition++)
            {
                var (member, _) = wanting[partition % wanting.Count];
                var isHeld = subscriptions.Any(other => other.MemberId != member && other.Subscription.OwnedPartitions.Any(owned => owned.Topic == topic.Name && owned.Partitions.Contains(partition)));
                if (!isHeld)
                    given[member].AssignedPartitions.Add(new() { Topic = topic.Name, Partitions = [partition] });
            }
        }
        return [.. given.Select(member => new SyncGroupRequest.SyncGroupRequestAssignment { MemberId = member.Key, Assignment = Write(member.Value, version: 1) })];
    }

    private static byte[] Write<T>(T content, short version)
        where T : class, IWireStruct<T>
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        content.Write(ref writer, version);
        byte[] bytes = [0, 0, .. buffer.ToArray()];
        BinaryPrimitives.WriteInt16BigEndian(bytes, version);
        return bytes;
    }
}
