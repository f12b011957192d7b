using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>How members come in and go.</summary>
internal sealed partial class ClassicGroup
{
    /// <summary>A JoinGroup. Answered when the join phase ends, or at once when there is nothing to wait for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">Who sent it.</param>
    /// <param name="needsKnownId">JoinGroup v4 and later: a dynamic member first gets an id, then joins with it (KIP-394).</param>
    /// <param name="canSkipAssignment">JoinGroup v9 and later: a static leader that comes back need not assign again (KIP-814).</param>
    /// <param name="reply">Answers the request.</param>
    public void Join(JoinGroupRequest request, ClientIdentity client, bool needsKnownId, bool canSkipAssignment, Action<JoinGroupResponse> reply)
    {
        // Of two with one name the first counts, as in Apache Kafka.
        var protocols = request.Protocols.DistinctBy(protocol => protocol.Name).Select(protocol => new MemberProtocol(protocol.Name, protocol.Metadata)).ToList();
        if (request.SessionTimeoutMs < _context.Options.MinSessionTimeoutMs || request.SessionTimeoutMs > _context.Options.MaxSessionTimeoutMs)
            reply(Refusal(ErrorCode.InvalidSessionTimeout, request.MemberId));
        else if (!CanTakePart(request.ProtocolType, protocols))
            reply(Refusal(ErrorCode.InconsistentGroupProtocol, request.MemberId));
        else if (!HasRoom(request))
            reply(Refusal(ErrorCode.GroupMaxSizeReached, request.MemberId));
        else if (request.MemberId.Length > 0)
            JoinWithId(request, protocols, client, reply);
        else if (request.GroupInstanceId is { } instanceId && _memberOfInstance.TryGetValue(instanceId, out var holder))
            TakeOver(_members[holder], request, protocols, client, canSkipAssignment, reply);
        else if (request.GroupInstanceId is null && needsKnownId)
            PromiseId(request, client, reply);
        else
            JoinNew($"{request.GroupInstanceId ?? client.ClientId}-{_context.NewMemberId()}", request, protocols, client, reply);
    }

    public ErrorCode Leave(string memberId, string? instanceId)
    {
        if (_promisedIds.Remove(memberId, out var promised))
        {
            promised.Clear();
            TryCompleteJoin();
            return ErrorCode.None;
        }
        if (instanceId is not null && memberId.Length == 0)
            memberId = _memberOfInstance.GetValueOrDefault(instanceId, "");
        var error = CheckIdentity(memberId, instanceId);
        if (error == ErrorCode.None)
            Remove([_members[memberId]]);
        return error;
    }

    /// <summary>Whether the group may have another member, or a member what this one brings.</summary>
    private bool HasRoom(JoinGroupRequest request)
    {
        var isNew = !_members.ContainsKey(request.MemberId) && !_promisedIds.ContainsKey(request.MemberId);
        if (isNew && _members.Count + _promisedIds.Count >= _context.Options.MaxMembers)
            return false;
        var former = _members.TryGetValue(request.MemberId, out var member) ? member.Bytes : 0;
        var more = request.Protocols.Sum(protocol => (long)protocol.Metadata.Length + protocol.Name.Length) - former;
        return Bytes + more <= _context.Options.MaxGroupBytes && _context.Budget.HasRoom(more);
    }

    private void PromiseId(JoinGroupRequest request, ClientIdentity client, Action<JoinGroupResponse> reply)
    {
        var id = $"{client.ClientId}-{_context.NewMemberId()}";
        var promised = new Deadline(_context.Timers, () =>
        {
            _promisedIds.Remove(id);
            TryCompleteJoin();
        });
        promised.SetAfter(request.SessionTimeoutMs);
        _promisedIds[id] = promised;
        reply(Refusal(ErrorCode.MemberIdRequired, id));
    }

    private void JoinWithId(JoinGroupRequest request, List<MemberProtocol> protocols, ClientIdentity client, Action<JoinGroupResponse> reply)
    {
        if (_promisedIds.Remove(request.MemberId, out var promised))
        {
            promised.Clear();
            JoinNew(request.MemberId, request, protocols, client, reply);
            return;
        }
        var error = CheckIdentity(request.MemberId, request.GroupInstanceId);
        if (error != ErrorCode.None)
        {
            reply(Refusal(error, request.MemberId));
            return;
        }

        var member = _members[request.MemberId];
        var isUnchanged = member.HasSame(protocols);
        Update(member, request, protocols, client);
        // An answer that was lost, or a follower that only looks in: the generation stands. A leader that joins again wants to assign again.
        var isLookingIn = State == ClassicGroupState.CompletingRebalance || (State == ClassicGroupState.Stable && member.Id != _leaderId);
        if (isUnchanged && isLookingIn)
        {
            member.KeepAlive();
            reply(Joined(member));
            return;
        }
        HoldAndRebalance(member, reply);
    }

    private void JoinNew(string id, JoinGroupRequest request, List<MemberProtocol> protocols, ClientIdentity client, Action<JoinGroupResponse> reply)
    {
        var member = NewMember(id, request.GroupInstanceId, client);
        Update(member, request, protocols, client);
        if (_members.Count == 0)
            _protocolType = request.ProtocolType;
        Add(member);
        HoldAndRebalance(member, reply);
    }

    /// <summary>A static member came back under its instance id (KIP-345): it gets a new id and the place of the old one, who is fenced.</summary>
    private void TakeOver(
        ClassicMember old, JoinGroupRequest request, List<MemberProtocol> protocols, ClientIdentity client, bool canSkipAssignment, Action<JoinGroupResponse> reply)
    {
        var member = NewMember($"{request.GroupInstanceId}-{_context.NewMemberId()}", request.GroupInstanceId, client);
        Update(member, request, protocols, client);
        member.Assignment = old.Assignment;
        member.HasSynced = old.HasSynced;
        Fail(old, ErrorCode.FencedInstanceId);
        old.Session.Clear();
        var formerLeader = _leaderId;
        _members.Insert(_members.IndexOf(old.Id), member.Id, member);
        _members.Remove(old.Id);
        _memberOfInstance[member.InstanceId!] = member.Id;
        if (_leaderId == old.Id)
            _leaderId = member.Id;

        if (State != ClassicGroupState.Stable || !old.HasSame(protocols))
        {
            HoldAndRebalance(member, reply);
            return;
        }
        if (!TryPersist())
        {
            HoldAndRebalance(member, reply);
            return;
        }
        member.KeepAlive();
        var response = Joined(member);
        if (canSkipAssignment)
        {
            response.SkipAssignment = member.Id == _leaderId;
        }
        else
        {
            // The leader's old id tells the client that it isn't the one to assign.
            response.Leader = formerLeader ?? "";
            response.Members = [];
        }
        reply(response);
    }

    private void HoldAndRebalance(ClassicMember member, Action<JoinGroupResponse> reply)
    {
        // A client that asked twice on two connections hears from the second.
        if (member.HeldJoin is not null)
            member.Answer(Refusal(ErrorCode.UnknownMemberId, member.Id));
        member.Hold(reply);
        if (State == ClassicGroupState.PreparingRebalance)
            TryCompleteJoin();
        else
            PrepareRebalance();
    }

    private void Remove(IReadOnlyList<ClassicMember> members)
    {
        foreach (var member in members)
        {
            _members.Remove(member.Id);
            if (member.InstanceId is { } instanceId && _memberOfInstance.GetValueOrDefault(instanceId) == member.Id)
                _memberOfInstance.Remove(instanceId);
            Fail(member, ErrorCode.UnknownMemberId);
            member.Session.Clear();
        }
        MembersChanged();
        if (_leaderId is not null && !_members.ContainsKey(_leaderId))
            _leaderId = _members.Count > 0 ? _members.GetAt(0).Key : null;
        if (State == ClassicGroupState.PreparingRebalance)
            TryCompleteJoin();
        else if (State is ClassicGroupState.Stable or ClassicGroupState.CompletingRebalance)
            PrepareRebalance();
    }

    private void Add(ClassicMember member)
    {
        _members.Add(member.Id, member);
        if (member.InstanceId is { } instanceId)
            _memberOfInstance[instanceId] = member.Id;
        _leaderId ??= member.Id;
        MembersChanged();
    }

    private void Update(ClassicMember member, JoinGroupRequest request, List<MemberProtocol> protocols, ClientIdentity client)
    {
        member.Protocols = protocols;
        member.Client = client;
        member.SessionTimeoutMs = request.SessionTimeoutMs;
        // JoinGroup v0 has no rebalance timeout of its own.
        member.RebalanceTimeoutMs = request.RebalanceTimeoutMs < 0 ? request.SessionTimeoutMs : request.RebalanceTimeoutMs;
        MembersChanged();
    }

    private static void Fail(ClassicMember member, ErrorCode error)
    {
        if (member.HeldJoin is not null)
            member.Answer(Refusal(error, member.Id));
        if (member.HeldSync is not null)
            member.Answer(new SyncGroupResponse { ErrorCode = error });
    }

    private static JoinGroupResponse Refusal(ErrorCode error, string memberId) => new() { ErrorCode = error, MemberId = memberId, ProtocolName = null };
}
