using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>How a generation comes about: everyone joins, a protocol is chosen, the leader's assignment is passed on.</summary>
internal sealed partial class ClassicGroup
{
    private bool _isGathering;

    /// <summary>Followers wait for the leader's.</summary>
    public void Sync(SyncGroupRequest request, Action<SyncGroupResponse> reply)
    {
        var error = CheckSync(request);
        if (error != ErrorCode.None)
        {
            reply(new SyncGroupResponse { ErrorCode = error });
            return;
        }
        var member = _members[request.MemberId];
        member.HasSynced = true;
        if (State == ClassicGroupState.Stable)
        {
            member.KeepAlive();
            reply(Synced(member));
            EndSyncPhase();
            return;
        }
        if (member.HeldSync is not null)
            member.Answer(new SyncGroupResponse { ErrorCode = ErrorCode.RebalanceInProgress });
        member.Hold(reply);
        if (member.Id == _leaderId)
            Assign(request.Assignments);
    }

    private ErrorCode CheckSync(SyncGroupRequest request)
    {
        var error = CheckMember(request.MemberId, request.GroupInstanceId, request.GenerationId);
        if (error != ErrorCode.None)
            return error;
        if ((request.ProtocolType ?? _protocolType) != _protocolType || (request.ProtocolName ?? ProtocolName) != ProtocolName)
            return ErrorCode.InconsistentGroupProtocol;
        return State == ClassicGroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    private void Assign(List<SyncGroupRequest.SyncGroupRequestAssignment> given)
    {
        var assignments = new Dictionary<string, byte[]>();
        foreach (var assignment in given)
            assignments[assignment.MemberId] = assignment.Assignment; // of two for one member the last counts, as in Apache Kafka
        foreach (var member in _members.Values)
            member.Assignment = assignments.GetValueOrDefault(member.Id, []);
        MembersChanged();
        if (!TryPersist())
        {
            PrepareRebalance(ErrorCode.CoordinatorNotAvailable);
            return;
        }
        State = State.To(ClassicGroupState.Stable);
        foreach (var member in _members.Values.Where(member => member.HeldSync is not null).ToList())
            member.Answer(Synced(member));
        EndSyncPhase();
    }

    private void PrepareRebalance(ErrorCode syncError = ErrorCode.RebalanceInProgress)
    {
        _syncDeadline.Clear();
        foreach (var member in _members.Values.Where(member => member.HeldSync is not null).ToList())
            member.Answer(new SyncGroupResponse { ErrorCode = syncError });
        _isGathering = State == ClassicGroupState.Empty && _context.Options.InitialRebalanceDelayMs > 0;
        State = State.To(ClassicGroupState.PreparingRebalance);
        _joinDeadline.SetAfter(_isGathering ? _context.Options.InitialRebalanceDelayMs : LongestRebalanceTimeout());
        TryCompleteJoin();
    }

    private void TryCompleteJoin()
    {
        if (State != ClassicGroupState.PreparingRebalance || _isGathering)
            return;
        var allJoined = _members.Count == 0 || (_promisedIds.Count == 0 && _members.Values.All(member => member.HeldJoin is not null));
        if (allJoined)
            CompleteJoin();
    }

    /// <summary>Ends the join phase. Dynamic members that did not join again are out; static ones keep their place until their session ends.</summary>
    private void CompleteJoin()
    {
        _isGathering = false;
        _joinDeadline.Clear();
        foreach (var missing in _members.Values.Where(member => member.HeldJoin is null && !member.IsStatic).ToList())
        {
            _members.Remove(missing.Id);
            missing.Session.Clear();
        }
        MembersChanged();
        if (_members.Count == 0)
        {
            BecomeEmpty();
            return;
        }
        if (_members.Values.FirstOrDefault(member => member.HeldJoin is not null) is not { } first)
        {
            _joinDeadline.SetAfter(LongestRebalanceTimeout());
            return;
        }
        if (_leaderId is null || !_members.TryGetValue(_leaderId, out var leader) || leader.HeldJoin is null)
            _leaderId = first.Id;

        Generation++;
        ProtocolName = SelectProtocol();
        State = State.To(ClassicGroupState.CompletingRebalance);
        _syncDeadline.SetAfter(LongestRebalanceTimeout());
        foreach (var member in _members.Values)
            member.HasSynced = false;
        foreach (var member in _members.Values.Where(member => member.HeldJoin is not null).ToList())
            member.Answer(Joined(member));
    }

    private void BecomeEmpty()
    {
        Generation++;
        ProtocolName = null;
        _leaderId = null;
        _emptySinceMs = _context.Timers.NowMs;
        State = State.To(ClassicGroupState.Empty);
        // Should this fail, a restart finds the last members, and their sessions run out.
        _ = TryPersist();
    }

    /// <summary>Members that never asked for their assignment, the leader above all, would hold up the others.</summary>
    private void DropUnsynced()
    {
        if (State is ClassicGroupState.CompletingRebalance or ClassicGroupState.Stable)
            Remove([.. _members.Values.Where(member => !member.HasSynced)]);
    }

    private void EndSyncPhase()
    {
        if (_members.Values.All(member => member.HasSynced))
            _syncDeadline.Clear();
    }

    private long LongestRebalanceTimeout() => _members.Count == 0 ? 0 : _members.Values.Max(member => member.RebalanceTimeoutMs);

    private bool CanTakePart(string protocolType, List<MemberProtocol> protocols)
    {
        if (protocolType.Length == 0 || protocols.Count == 0)
            return false;
        return _members.Count == 0 || (protocolType == _protocolType && protocols.Any(protocol => _members.Values.All(member => member.Offers(protocol.Name))));
    }

    /// <summary>Each member votes for the first of its protocols that all support; the leader's order breaks ties.</summary>
    private string SelectProtocol()
    {
        var shared = _members[_leaderId!].Protocols.Select(protocol => protocol.Name).Where(name => _members.Values.All(member => member.Offers(name))).ToList();
        var votes = _members.Values.CountBy(member => member.Protocols.First(protocol => shared.Contains(protocol.Name)).Name).ToDictionary();
        return shared.MaxBy(name => votes.GetValueOrDefault(name))
            ?? throw new InvalidOperationException($"The members of group {_groupId} share no protocol.");
    }

    private JoinGroupResponse Joined(ClassicMember member) => new()
    {
        GenerationId = Generation,
        ProtocolType = _protocolType,
        ProtocolName = ProtocolName,
        Leader = _leaderId ?? "",
        MemberId = member.Id,
        Members = member.Id != _leaderId ? [] :
        [
            .. _members.Values.Select(other => new JoinGroupResponse.JoinGroupResponseMember
            {
                MemberId = other.Id,
                GroupInstanceId = other.InstanceId,
                Metadata = other.MetadataFor(ProtocolName),
            }),
        ],
    };

    private SyncGroupResponse Synced(ClassicMember member) => new()
    {
        ProtocolType = _protocolType,
        ProtocolName = ProtocolName,
        Assignment = member.Assignment,
    };
}
