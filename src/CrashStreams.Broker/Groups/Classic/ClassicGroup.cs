using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>
/// A group under the classic protocol: the coordinator brings the members together and passes on what their leader decides. Joining and
/// rebalancing are in the other parts of the class.
/// </summary>
internal sealed partial class ClassicGroup : Membership, IClassicMembers
{
    private readonly string _groupId;
    private readonly GroupContext _context;
    private readonly OrderedDictionary<string, ClassicMember> _members = [];
    private readonly Dictionary<string, string> _memberOfInstance = [];

    /// <summary>Ids handed out with MEMBER_ID_REQUIRED, whose owners have not come back yet.</summary>
    private readonly Dictionary<string, Deadline> _promisedIds = [];
    private readonly Deadline _joinDeadline;
    private readonly Deadline _syncDeadline;
    private string? _leaderId;
    private string? _protocolType;
    private long _emptySinceMs;
    private HashSet<string>? _subscribedTopics; // null when members have changed since it was made

    public ClassicGroup(string groupId, GroupContext context)
        : base(context.Budget)
    {
        _groupId = groupId;
        _context = context;
        _joinDeadline = new Deadline(context.Timers, CompleteJoin);
        _syncDeadline = new Deadline(context.Timers, DropUnsynced);
        _emptySinceMs = context.Timers.NowMs;
    }

    public ClassicGroupState State { get; private set; } = ClassicGroupState.Empty;

    public int Generation { get; private set; }

    public string? ProtocolName { get; private set; }

    public IReadOnlyCollection<ClassicMember> Members => _members.Values;

    public override long Bytes => 256 + _members.Values.Sum(member => member.Bytes);

    public override string GroupType => "classic";

    public override string ProtocolType => _protocolType ?? "";

    public override string StateName => State.ToString();

    public override bool IsEmpty => State is ClassicGroupState.Empty or ClassicGroupState.Dead;

    public override long EmptySinceMs => _emptySinceMs;

    /// <summary>Whether its members are consumers, whose subscriptions the coordinator can read.</summary>
    public bool HasConsumers => _protocolType == ConsumerSubscription.ProtocolType;

    /// <summary>Is it ever going to have members, or do only offsets make it a group?</summary>
    public bool IsUnused => IsEmpty && _promisedIds.Count == 0;

    public ErrorCode Heartbeat(string memberId, string? instanceId, int generation)
    {
        var error = CheckMember(memberId, instanceId, generation);
        if (error != ErrorCode.None)
            return error;
        var member = _members[memberId];
        if (member.HeldJoin is null && member.HeldSync is null)
            member.KeepAlive();
        return State == ClassicGroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    public override ErrorCode CheckCommit(string memberId, string? instanceId, int epoch, bool isTransactional, IEnumerable<TopicIdPartition> partitions)
    {
        var isNobody = epoch < 0 && memberId.Length == 0 && instanceId is null;
        if (isNobody || (epoch < 0 && IsEmpty))
            return isTransactional || IsEmpty ? ErrorCode.None : ErrorCode.UnknownMemberId;
        var error = CheckMember(memberId, instanceId, epoch);
        if (error != ErrorCode.None)
            return error;
        if (_members[memberId].HeldJoin is null && _members[memberId].HeldSync is null)
            _members[memberId].KeepAlive();
        // Eager clients commit when they give up their partitions, hence while the group prepares.
        return !isTransactional && State == ClassicGroupState.CompletingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    public override ErrorCode CheckFetch(string? memberId, int epoch) => ErrorCode.None;

    /// <summary>Members whose protocol isn't "consumer" have subscriptions that can't be read, so all their offsets are in use.</summary>
    public override ErrorCode CheckOffsetDelete() =>
        IsEmpty || HasConsumers ? ErrorCode.None : ErrorCode.NonEmptyGroup;

    public override bool IsSubscribedTo(string topic)
    {
        if (!HasConsumers)
            return false;
        _subscribedTopics ??= _members.Values.SelectMany(member => ConsumerSubscription.Topics(member.Protocols.FirstOrDefault()?.Metadata)).ToHashSet();
        return _subscribedTopics.Contains(topic);
    }

    public override bool Expire(string memberId)
    {
        if (!_members.TryGetValue(memberId, out var member))
            return false;
        Remove([member]);
        return true;
    }

    public override IReadOnlyList<JournalEntry> Tombstones() => [ClassicGroupRecords.Forget(_groupId)];

    public override void Resume()
    {
        foreach (var member in _members.Values)
            member.KeepAlive();
        // It was a KIP-848 group, whose last member of that protocol has left: those that are here have not agreed on an assignor.
        if (ProtocolName is null && _members.Count > 0)
            PrepareRebalance();
    }

    /// <summary>Takes in what the journal has last said of the group.</summary>
    public void Restore(ClassicGroupSnapshot snapshot)
    {
        Generation = snapshot.Generation;
        ProtocolName = snapshot.ProtocolName;
        _protocolType = snapshot.ProtocolType;
        _leaderId = snapshot.LeaderId;
        _emptySinceMs = snapshot.SinceMs;
        _members.Clear();
        _memberOfInstance.Clear();
        foreach (var saved in snapshot.Members)
        {
            var member = NewMember(saved.Id, saved.InstanceId, saved.Client);
            member.SessionTimeoutMs = saved.SessionTimeoutMs;
            member.RebalanceTimeoutMs = saved.RebalanceTimeoutMs;
            member.Protocols = saved.Protocols;
            member.Assignment = saved.Assignment;
            member.HasSynced = true;
            Add(member);
        }
        State = _members.Count == 0 ? ClassicGroupState.Empty : ClassicGroupState.Stable;
        MembersChanged();
    }

    public override void Release()
    {
        base.Release();
        foreach (var promised in _promisedIds.Values)
            promised.Clear();
        _promisedIds.Clear();
        _joinDeadline.Clear();
        _syncDeadline.Clear();
        foreach (var member in _members.Values)
            member.Session.Clear();
        if (State != ClassicGroupState.Dead)
            State = State.To(ClassicGroupState.Dead);
    }

    /// <summary>The group becomes one of KIP-848: who waits for an answer has to join again there.</summary>
    public void TurnAway()
    {
        foreach (var member in _members.Values)
            Fail(member, ErrorCode.RebalanceInProgress);
    }

    private void MembersChanged()
    {
        _subscribedTopics = null;
        Recharge();
    }

    private ErrorCode CheckMember(string memberId, string? instanceId, int generation)
    {
        var error = CheckIdentity(memberId, instanceId);
        if (error != ErrorCode.None)
            return error;
        return generation == Generation ? ErrorCode.None : ErrorCode.IllegalGeneration;
    }

    private ErrorCode CheckIdentity(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            if (!_memberOfInstance.TryGetValue(instanceId, out var holder))
                return ErrorCode.UnknownMemberId;
            if (holder != memberId)
                return ErrorCode.FencedInstanceId;
        }
        return _members.ContainsKey(memberId) ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }

    private bool TryPersist() => _context.Journal.TryAppend([ClassicGroupRecords.Of(_groupId, new ClassicGroupSnapshot(
        Generation, _protocolType, ProtocolName, _leaderId, _emptySinceMs, [.. _members.Values]))]);

    private ClassicMember NewMember(string id, string? instanceId, ClientIdentity client)
    {
        ClassicMember? member = null;
        member = new ClassicMember
        {
            Id = id,
            InstanceId = instanceId,
            Client = client,
            Session = new Deadline(_context.Timers, () => ExpireSession(member!)),
        };
        return member;
    }

    private void ExpireSession(ClassicMember member)
    {
        if (_members.TryGetValue(member.Id, out var current) && current == member)
            Remove([member]);
    }
}
