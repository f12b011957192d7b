using System.Collections.Immutable;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Members of the classic protocol in a KIP-848 group. They join, sync and heartbeat as in a classic group, without a leader, and get what the coordinator assigns: their
/// generation is their member epoch, a heartbeat tells them that there is a step to take, and a JoinGroup, which says what they still have, takes it.
/// </summary>
internal sealed partial class ConsumerGroup : IClassicMembers
{
    /// <summary>Who joins while an assignment is made beside the loop: the member, what it has, and how it is answered.</summary>
    private readonly List<(ConsumerMember Member, HashSet<TopicIdPartition> Owned, Action<JoinGroupResponse> Reply)> _joining = [];

    /// <summary>Whether the members that are left could go on as a classic group.</summary>
    private bool HasOnlyClassicMembers => !IsEmpty && _members.Values.All(member => member.Classic is not null);

    public void Join(JoinGroupRequest request, ClientIdentity client, UserAccess access, bool needsKnownId, Action<JoinGroupResponse> reply)
    {
        var error = CheckJoin(request, out var classic, out var subscription);
        if (error == ErrorCode.None && request is { MemberId: "", GroupInstanceId: null } && needsKnownId)
        {
            Refuse(ErrorCode.MemberIdRequired, $"{client.ClientId}-{_context.NewMemberId()}");
            return;
        }
        ConsumerMember? member = null;
        if (error == ErrorCode.None)
            error = Admit(request, client, out member);
        if (error != ErrorCode.None || member is null)
        {
            Refuse(error, request.MemberId);
            return;
        }

        Update(member, request, classic, subscription, client, access.TopicPrefix);
        RefreshSubscriptions();
        member.Session.SetAfter(SessionTimeoutOf(member));
        if (GroupEpoch > TargetEpoch)
            BeginAssignment();
        if (_assigning is null)
            EndJoin(member, OwnedOf(subscription), reply);
        else
            _joining.Add((member, OwnedOf(subscription), reply)); // it would only be asked to join again for the assignment that is being made

        void Refuse(ErrorCode refusal, string memberId) => reply(RefuseJoin(refusal, memberId));
    }

    private static JoinGroupResponse RefuseJoin(ErrorCode refusal, string memberId) => new() { ErrorCode = refusal, MemberId = memberId, ProtocolName = null };

    private void EndJoin(ConsumerMember member, HashSet<TopicIdPartition> owned, Action<JoinGroupResponse> reply)
    {
        if (_isReleased || _members.GetValueOrDefault(member.Id) != member || member.Classic is not { } classic)
        {
            reply(RefuseJoin(ErrorCode.UnknownMemberId, member.Id));
            return;
        }
        Reconcile(member, owned);
        member.Session.SetAfter(SessionTimeoutOf(member));
        member.Rebalance.SetAfter(member.RebalanceTimeoutMs); // until it has asked for its assignment
        if (!LeaveToClassicMembers() && !TryPersist())
        {
            reply(RefuseJoin(ErrorCode.CoordinatorNotAvailable, member.Id));
            return;
        }
        reply(new JoinGroupResponse
        {
            GenerationId = member.Epoch,
            ProtocolType = ConsumerSubscription.ProtocolType,
            ProtocolName = classic.Protocols[0].Name,
            MemberId = member.Id,
        });
    }

    /// <summary>The assignment that they wait for is there, or nobody can wait any more.</summary>
    private void EndJoins()
    {
        var joining = _joining.ToList();
        _joining.Clear();
        foreach (var (member, owned, reply) in joining)
            EndJoin(member, owned, reply);
    }

    public void Sync(SyncGroupRequest request, Action<SyncGroupResponse> reply)
    {
        var error = Find(request.MemberId, request.GroupInstanceId, request.GenerationId, out var member);
        if (error == ErrorCode.None && ((request.ProtocolType ?? ConsumerSubscription.ProtocolType) != ConsumerSubscription.ProtocolType
            || (request.ProtocolName ?? member!.Classic!.Protocols[0].Name) != member!.Classic!.Protocols[0].Name))
            error = ErrorCode.InconsistentGroupProtocol;
        if (error == ErrorCode.None && GroupEpoch > member!.Epoch && member.State != ReconciliationState.Revoking)
            error = AskToJoin(member);
        if (error != ErrorCode.None)
        {
            reply(new SyncGroupResponse { ErrorCode = error });
            return;
        }
        if (member!.State != ReconciliationState.Revoking)
            member.Rebalance.Clear();
        member.Session.SetAfter(SessionTimeoutOf(member));
        reply(new SyncGroupResponse
        {
            ProtocolType = ConsumerSubscription.ProtocolType,
            ProtocolName = member.Classic!.Protocols[0].Name,
            Assignment = ConsumerProtocol.WriteAssignment(member.Assigned, member.Classic.Protocols[0].Metadata, _context.Topics),
        });
    }

    public ErrorCode Heartbeat(string memberId, string? instanceId, int generation)
    {
        var error = Find(memberId, instanceId, generation, out var member);
        if (error != ErrorCode.None)
            return error;
        member!.Session.SetAfter(SessionTimeoutOf(member));
        if (LeaveToClassicMembers())
            return ErrorCode.RebalanceInProgress;
        RefreshSubscriptions();
        if (!TryPersist())
            return ErrorCode.CoordinatorNotAvailable;
        return HasStepToTake(member) ? AskToJoin(member) : ErrorCode.None;
    }

    public ErrorCode Leave(string memberId, string? instanceId)
    {
        if (memberId.Length == 0 && instanceId is not null)
            memberId = _memberOfInstance.GetValueOrDefault(instanceId)?.Id ?? "";
        var error = Find(memberId, instanceId, out var member);
        if (error != ErrorCode.None)
            return error;
        return TryRemove(member!) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
    }

    /// <summary>Makes a classic group of it when nobody else is in it, because who was to come was refused, or the last change could not be stored.</summary>
    public bool LeaveToClassicMembers() => HasOnlyClassicMembers && Downgrade();

    /// <summary>
    /// Takes over the members of a classic group, with the generation as their epoch. A member has what it was last assigned, and what it had when it last joined: a
    /// cooperative one may not have heard yet what it has to give up. False when subscriptions or assignments can't be read: their assignor is not one that this group has.
    /// </summary>
    public bool TryTakeOver(ClassicGroup classic)
    {
        foreach (var former in classic.Members)
        {
            if (ConsumerProtocol.ReadSubscription(former.Protocols[0].Metadata) is not { } subscription
                || ConsumerProtocol.ReadAssignment(former.Assignment, classic.ProtocolName, _context.Topics) is not { } assigned)
                return false;
            var member = NewMember(former.Id, former.InstanceId);
            member.Classic = new ClassicProtocols(former.SessionTimeoutMs, former.Protocols);
            (member.Client, member.RackId, member.RebalanceTimeoutMs) = (former.Client, subscription.RackId, former.RebalanceTimeoutMs);
            member.TopicNames = subscription.Topics.ToImmutableSortedSet(StringComparer.Ordinal);
            (member.Epoch, member.PreviousEpoch) = (classic.Generation, classic.Generation);
            (member.Assigned, member.Target) = (assigned, assigned);
            Attach(member);
        }
        foreach (var member in _members.Values)
        {
            var had = OwnedOf(ConsumerProtocol.ReadSubscription(member.Classic!.Protocols[0].Metadata)!);
            member.Assigned = member.Assigned.Union(PartitionSet.Of(had.Where(partition => !_owner.ContainsKey(partition))));
            member.GivenAt = member.Assigned.ToDictionary(partition => partition, _ => classic.Generation);
            Own(member);
        }
        (GroupEpoch, TargetEpoch) = (classic.Generation, classic.Generation);
        _unwritten.AddRange(classic.Tombstones());
        return true;
    }

    /// <summary>The members, all of the classic protocol, with what they have, as a classic group that has not agreed on an assignor yet.</summary>
    public ClassicGroupSnapshot ToClassic()
    {
        var leader = _members.Keys.First();
        return new ClassicGroupSnapshot(GroupEpoch, ConsumerSubscription.ProtocolType, ProtocolName: null, leader, _context.Timers.NowMs, [.. _members.Values.Select(member => new SavedClassicMember(
            member.Id, member.InstanceId, member.Client, member.Classic!.SessionTimeoutMs, member.RebalanceTimeoutMs, member.Classic.Protocols,
            ConsumerProtocol.WriteAssignment(member.Assigned.Union(member.Revoking), member.Classic.Protocols[0].Metadata, _context.Topics)))]);
    }

    private HashSet<TopicIdPartition> OwnedOf(ConsumerProtocolSubscription subscription) =>
        [.. ConsumerProtocol.Partitions(subscription.OwnedPartitions.Select(topic => (topic.Topic, topic.Partitions)), _context.Topics)];

    private ErrorCode CheckJoin(JoinGroupRequest request, out ClassicProtocols classic, out ConsumerProtocolSubscription subscription)
    {
        classic = new ClassicProtocols(request.SessionTimeoutMs, [.. request.Protocols.DistinctBy(protocol => protocol.Name).Select(protocol => new MemberProtocol(protocol.Name, protocol.Metadata))]);
        subscription = new();
        if (request.SessionTimeoutMs < _context.Options.MinSessionTimeoutMs || request.SessionTimeoutMs > _context.Options.MaxSessionTimeoutMs)
            return ErrorCode.InvalidSessionTimeout;
        var others = _members.Values.Where(member => member.Id != request.MemberId).Select(member => member.Classic).OfType<ClassicProtocols>();
        if (request.ProtocolType != ConsumerSubscription.ProtocolType || !classic.Protocols.Any(protocol => others.All(other => other.Offers(protocol.Name)))
            || ConsumerProtocol.ReadSubscription(classic.Protocols[0].Metadata) is not { } read)
            return ErrorCode.InconsistentGroupProtocol;
        subscription = read;
        var isNew = !_members.TryGetValue(request.MemberId, out var member);
        if (isNew && _members.Count >= _context.Options.MaxMembers)
            return ErrorCode.GroupMaxSizeReached;
        var more = classic.Bytes + subscription.Topics.Sum(name => 64L + name.Length) - (member?.SubscriptionBytes ?? 0);
        return SubscriptionBytes + more <= _context.Options.MaxGroupBytes && _context.Budget.HasRoom(more) && HasRoomToAssign() ? ErrorCode.None : ErrorCode.GroupMaxSizeReached;
    }

    /// <summary>Finds the member, creates it, or puts it in the place of the one that has its instance id: unlike that protocol's own, a classic member does not say that it is away.</summary>
    private ErrorCode Admit(JoinGroupRequest request, ClientIdentity client, out ConsumerMember? member)
    {
        var holder = request.GroupInstanceId is { } instanceId ? _memberOfInstance.GetValueOrDefault(instanceId) : null;
        if (request.MemberId.Length > 0 && request.GroupInstanceId is not null)
        {
            member = holder?.Id == request.MemberId ? holder : null;
            return holder is null ? ErrorCode.UnknownMemberId : member is null ? ErrorCode.FencedInstanceId : ErrorCode.None;
        }
        if (_members.TryGetValue(request.MemberId, out member))
            return ErrorCode.None;
        var id = request.MemberId.Length > 0 ? request.MemberId : $"{request.GroupInstanceId ?? client.ClientId}-{_context.NewMemberId()}";
        if (holder is not null)
        {
            member = TakeOver(holder, id);
            return ErrorCode.None;
        }
        member = NewMember(id, request.GroupInstanceId);
        Attach(member);
        BumpEpoch();
        return ErrorCode.None;
    }

    private void Update(
        ConsumerMember member, JoinGroupRequest request, ClassicProtocols classic, ConsumerProtocolSubscription subscription, ClientIdentity client, string topicPrefix)
    {
        var names = subscription.Topics.ToImmutableSortedSet(StringComparer.Ordinal);
        var hasChangedMind = !names.SetEquals(member.TopicNames) || member.Pattern is not null || topicPrefix != member.TopicPrefix;
        (member.Classic, member.TopicNames, member.Pattern, member.TopicPrefix) = (classic, names, null, topicPrefix);
        // JoinGroup v0 has no rebalance timeout of its own.
        member.RebalanceTimeoutMs = request.RebalanceTimeoutMs < 0 ? request.SessionTimeoutMs : request.RebalanceTimeoutMs;
        (member.RackId, member.Client) = (subscription.RackId ?? member.RackId, client);
        member.IsUnwritten = true;
        if (!hasChangedMind)
            return;
        member.SubscriptionVersion++;
        _haveSubscriptionsChanged = true;
        BumpEpoch();
    }

    /// <summary>The group has moved on, there are partitions to give up, or all that the member waits for are free.</summary>
    private bool HasStepToTake(ConsumerMember member) => GroupEpoch > member.Epoch || member.State == ReconciliationState.Revoking
        || (member.State == ReconciliationState.AwaitingRelease && !member.Target.Except(member.Assigned).Any(_owner.ContainsKey));

    private static ErrorCode AskToJoin(ConsumerMember member)
    {
        if (!member.Rebalance.IsSet)
            member.Rebalance.SetAfter(member.RebalanceTimeoutMs);
        return ErrorCode.RebalanceInProgress;
    }

    private ErrorCode Find(string memberId, string? instanceId, int generation, out ConsumerMember? member)
    {
        var error = Find(memberId, instanceId, out member);
        return error == ErrorCode.None && member!.Epoch != generation ? ErrorCode.IllegalGeneration : error;
    }

    private ErrorCode Find(string memberId, string? instanceId, out ConsumerMember? member)
    {
        if (instanceId is not null && _memberOfInstance.TryGetValue(instanceId, out var holder) && holder.Id != memberId)
        {
            member = null;
            return ErrorCode.FencedInstanceId;
        }
        var isKnown = _members.TryGetValue(memberId, out member) && member.Classic is not null && (instanceId is null || member.InstanceId == instanceId);
        return isKnown ? ErrorCode.None : ErrorCode.UnknownMemberId;
    }
}
