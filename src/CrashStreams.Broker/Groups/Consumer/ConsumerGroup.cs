using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// A group under the consumer protocol (KIP-848): the coordinator itself assigns, and each member moves towards its part of the assignment
/// at its own pace, by heartbeats. Heartbeats are in the other part of the class.
/// </summary>
internal sealed partial class ConsumerGroup : Membership
{
    private static readonly IAssignor[] s_assignors = [new UniformAssignor(), new RangeAssignor()];
    private readonly string _groupId;
    private readonly Subscriptions _subscriptions;
    private readonly GroupContext _context;
    private readonly SortedDictionary<string, ConsumerMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConsumerMember> _memberOfInstance = [];

    /// <summary>Who has a partition, assigned or not yet confirmed as given up.</summary>
    private readonly Dictionary<TopicIdPartition, ConsumerMember> _owner = [];
    private readonly List<JournalEntry> _unwritten = [];
    private bool _isGroupUnwritten = true;
    private bool _isReleased;
    private long _emptySinceMs;
    private HashSet<string>? _subscribedNames;
    private long _namesVersion;

    public ConsumerGroup(string groupId, GroupContext context)
        : base(context.Budget)
    {
        _subscriptions = new Subscriptions(context.Topics, context.Options.MaxPatterns);
        _groupId = groupId;
        _context = context;
        _emptySinceMs = context.Timers.NowMs;
    }

    /// <summary>The assignors that members may ask for.</summary>
    public static IEnumerable<string> Assignors => s_assignors.Select(assignor => assignor.Name);

    /// <summary>Makes a classic group of the members that are left, all of which speak that protocol. False: not now. Afterwards, this is nobody's membership.</summary>
    public Func<bool> Downgrade { get; init; } = () => false;

    /// <summary>Grows whenever members, subscriptions or topics change.</summary>
    public int GroupEpoch { get; private set; }

    /// <summary>The group epoch for which the target assignment was made.</summary>
    public int TargetEpoch { get; private set; }

    public string AssignorName { get; private set; } = s_assignors[0].Name;

    public IReadOnlyCollection<ConsumerMember> Members => _members.Values;

    public override long Bytes => 256 + _members.Values.Sum(member => member.Bytes);

    /// <summary>Of it, all but the partitions: of these there are no more than the broker has.</summary>
    private long SubscriptionBytes => _members.Values.Sum(member => member.SubscriptionBytes);

    public ConsumerGroupState State => this switch
    {
        { IsEmpty: true } => ConsumerGroupState.Empty,
        _ when GroupEpoch > TargetEpoch => ConsumerGroupState.Assigning,
        _ when _members.Values.Any(member => !member.IsAway && (member.State != ReconciliationState.Stable || member.Epoch != TargetEpoch)) => ConsumerGroupState.Reconciling,
        _ => ConsumerGroupState.Stable,
    };

    public override string GroupType => "consumer";

    public override string ProtocolType => "consumer";

    public override string StateName => State.ToString();

    public override bool IsEmpty => _members.Count == 0;

    public override long EmptySinceMs => _emptySinceMs;

    public override ErrorCode CheckCommit(string memberId, string? instanceId, int epoch, bool isTransactional, IEnumerable<TopicIdPartition> partitions)
    {
        if (epoch < 0 && (IsEmpty || (isTransactional && memberId.Length == 0)))
            return ErrorCode.None;
        if (!_members.TryGetValue(memberId, out var member))
            return ErrorCode.UnknownMemberId;
        if (epoch == member.Epoch || (member.Classic is null && epoch < member.Epoch && partitions.All(partition => member.HasHad(partition, epoch))))
            return ErrorCode.None;
        if (member.Classic is not null)
            return ErrorCode.IllegalGeneration;
        // TxnOffsetCommit clients know no STALE_MEMBER_EPOCH; an illegal generation makes them abort, as they should.
        return isTransactional ? ErrorCode.IllegalGeneration : ErrorCode.StaleMemberEpoch;
    }

    public override ErrorCode CheckFetch(string? memberId, int epoch)
    {
        if (string.IsNullOrEmpty(memberId) && epoch < 0)
            return ErrorCode.None;
        if (!_members.TryGetValue(memberId ?? "", out var member))
            return ErrorCode.UnknownMemberId;
        return epoch == member.Epoch ? ErrorCode.None : ErrorCode.StaleMemberEpoch;
    }

    public override ErrorCode CheckOffsetDelete() => ErrorCode.None;

    public override bool IsSubscribedTo(string topic)
    {
        // Asked for many topics in a row: what is subscribed to is worked out once.
        if (_haveSubscriptionsChanged || _namesVersion != _context.Topics.Version || _subscribedNames is null)
            (_subscribedNames, _namesVersion) = (_subscriptions.TopicsOf(_members.Values).Select(info => info.Name).ToHashSet(), _context.Topics.Version);
        return _subscribedNames.Contains(topic);
    }

    public override bool Expire(string memberId)
    {
        if (!_members.TryGetValue(memberId, out var member))
            return false;
        // What can't be written now is written before the next answer to any member.
        _ = TryRemove(member);
        return true;
    }

    public override IReadOnlyList<JournalEntry> Tombstones() =>
        [.. _unwritten, ConsumerGroupRecords.ForgetGroup(_groupId), .. _members.Keys.Select(member => ConsumerGroupRecords.ForgetMember(_groupId, member))];

    public override void Release()
    {
        base.Release();
        (_isReleased, _assigning) = (true, null);
        foreach (var (member, _, reply) in _joining)
            reply(RefuseJoin(ErrorCode.UnknownMemberId, member.Id));
        _joining.Clear();
        foreach (var member in _members.Values)
        {
            member.Session.Clear();
            member.Rebalance.Clear();
        }
    }

    public override void Resume()
    {
        foreach (var member in _members.Values)
        {
            member.Session.SetAfter(SessionTimeoutOf(member));
            if (member.State == ReconciliationState.Revoking)
                member.Rebalance.SetAfter(member.RebalanceTimeoutMs);
        }
        // A topic may have changed without any member having heard of it; then the first heartbeat has to see the difference.
        var topics = _subscriptions.TopicsOf(_members.Values);
        var partitions = topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(index => new TopicIdPartition(topic.Id, index)));
        _topicsOfSubscriptions = _members.Values.SelectMany(member => member.Target).ToHashSet().SetEquals(partitions) ? topics : [];
    }

    public void RestoreGroup(ReadOnlySpan<byte> value)
    {
        (GroupEpoch, TargetEpoch, AssignorName, _emptySinceMs) = ConsumerGroupRecords.ReadGroup(value);
        _isGroupUnwritten = false;
    }

    public void RestoreMember(string memberId, ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (_members.TryGetValue(memberId, out var former))
            Detach(former);
        if (!isTombstone)
            Attach(ConsumerGroupRecords.ReadMember(memberId, value, NewMember));
        Recharge();
    }

    private ConsumerMember NewMember(string id, string? instanceId)
    {
        ConsumerMember? member = null;
        member = new ConsumerMember
        {
            Id = id,
            InstanceId = instanceId,
            Session = new Deadline(_context.Timers, () => ExpireCurrent(member!)),
            Rebalance = new Deadline(_context.Timers, () => ExpireCurrent(member!)),
        };
        return member;
    }

    private void ExpireCurrent(ConsumerMember member)
    {
        if (_members.TryGetValue(member.Id, out var current) && current == member)
            Expire(member.Id);
    }

    private void Attach(ConsumerMember member)
    {
        _members[member.Id] = member;
        if (member.InstanceId is not null)
            _memberOfInstance[member.InstanceId] = member;
        Own(member);
    }

    private void Detach(ConsumerMember member)
    {
        member.Session.Clear();
        member.Rebalance.Clear();
        _members.Remove(member.Id);
        if (member.InstanceId is not null && _memberOfInstance.GetValueOrDefault(member.InstanceId) == member)
            _memberOfInstance.Remove(member.InstanceId);
        Disown(member, member.Assigned, member.Revoking);
    }

    private void Own(ConsumerMember member)
    {
        foreach (var partitions in (ReadOnlySpan<PartitionSet>)[member.Assigned, member.Revoking])
            foreach (var partition in partitions.AsSpan())
                _owner[partition] = member;
    }

    private void Disown(ConsumerMember member, PartitionSet assigned, PartitionSet revoking)
    {
        foreach (var partitions in (ReadOnlySpan<PartitionSet>)[assigned, revoking])
            foreach (var partition in partitions.AsSpan())
                if (_owner.GetValueOrDefault(partition) == member)
                    _owner.Remove(partition);
    }

    /// <summary>Removes a member, and stores that. When only members of the classic protocol are left, the group becomes theirs.</summary>
    private bool TryRemove(ConsumerMember member)
    {
        Detach(member);
        _haveSubscriptionsChanged = true;
        _unwritten.Add(ConsumerGroupRecords.ForgetMember(_groupId, member.Id));
        if (LeaveToClassicMembers())
            return true;
        if (IsEmpty)
            _emptySinceMs = _context.Timers.NowMs;
        BumpEpoch();
        return TryPersist();
    }

    private int SessionTimeoutOf(ConsumerMember member) => member.Classic?.SessionTimeoutMs ?? _context.Options.ConsumerSessionTimeoutMs;

    /// <summary>Changes that no target assignment has seen yet share an epoch.</summary>
    private void BumpEpoch()
    {
        if (GroupEpoch == Math.Max(TargetEpoch, _assigning?.Epoch ?? 0))
            GroupEpoch++;
        if (IsEmpty)
            TargetEpoch = GroupEpoch;
        _isGroupUnwritten = true;
    }

    /// <summary>Writes all that has changed since the last time, in one batch. False: it stays to be written.</summary>
    public bool TryPersist()
    {
        var changed = _members.Values.Where(member => member.IsUnwritten).ToList();
        var entries = new List<JournalEntry>(_unwritten);
        if (_isGroupUnwritten)
            entries.Add(ConsumerGroupRecords.OfGroup(_groupId, GroupEpoch, TargetEpoch, AssignorName, _emptySinceMs));
        entries.AddRange(changed.Select(member => ConsumerGroupRecords.OfMember(_groupId, member)));
        if (entries.Count == 0)
            return true;
        if (!_context.Journal.TryAppend([.. entries]))
            return false;
        _unwritten.Clear();
        _isGroupUnwritten = false;
        changed.ForEach(member => member.IsUnwritten = false);
        Recharge();
        return true;
    }
}

/// <summary>What describe and list show; it follows from epochs and members: Empty, then Assigning, Reconciling, Stable after each change.</summary>
internal enum ConsumerGroupState : byte
{
    Empty,
    Assigning,
    Reconciling,
    Stable,
}
