using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>The one request that members make: joining, staying, confirming, leaving.</summary>
internal sealed partial class ConsumerGroup
{
    private const int JoinEpoch = 0;
    private const int LeaveEpoch = -1;
    private const int MembersAndPartitionsPerMs = 100;

    /// <summary>So many are not refused to a group that is there already: it has been counted.</summary>
    private const int FewPartitions = 16;
    private HashSet<TopicInfo> _topicsOfSubscriptions = [];
    private Assignment? _assigning; // beside the loop
    private long _topicsVersion = -1;
    private long _nextAssignmentMs;
    private bool _haveSubscriptionsChanged = true;

    public ConsumerGroupHeartbeatResponse Heartbeat(ConsumerGroupHeartbeatRequest request, ClientIdentity client, UserAccess access)
    {
        var refusal = CheckRoom(request) ?? ParsePattern(request, access.TopicPrefix, out _);
        if (refusal is not null)
            return refusal;
        if (request.MemberEpoch is LeaveEpoch or ConsumerMember.AwayEpoch)
            return Leave(request);
        refusal = Admit(request, out var member);
        if (refusal is not null)
            return refusal;

        var isAnswerLost = request.MemberEpoch != member.Epoch;
        var assignedBefore = member.Assigned;
        var owned = request.TopicPartitions?.SelectMany(topic => topic.Partitions.Select(partition => new TopicIdPartition(topic.TopicId, partition))).ToHashSet();
        if (request.MemberEpoch == JoinEpoch)
            owned ??= [];
        member.Session.SetAfter(SessionTimeoutOf(member));
        Update(member, request, client, access.TopicPrefix);
        RefreshSubscriptions();
        if (!HasRoomToAssign())
            return TryPersist() ? NoRoom() : HeartbeatRules.Refuse(ErrorCode.CoordinatorNotAvailable, "The group could not be stored.");
        if (GroupEpoch > TargetEpoch && _context.Timers.NowMs >= _nextAssignmentMs)
            BeginAssignment();
        Reconcile(member, owned);
        if (!TryPersist())
            return HeartbeatRules.Refuse(ErrorCode.CoordinatorNotAvailable, "The group could not be stored.");

        var isFull = request.RebalanceTimeoutMs >= 0 && owned is not null && (request.SubscribedTopicNames ?? (object?)request.SubscribedTopicRegex) is not null;
        return new ConsumerGroupHeartbeatResponse
        {
            MemberId = member.Id,
            MemberEpoch = member.Epoch,
            HeartbeatIntervalMs = State == ConsumerGroupState.Stable ? _context.Options.ConsumerHeartbeatIntervalMs : _context.Options.ConsumerReconcilingIntervalMs,
            Assignment = isFull || isAnswerLost || !assignedBefore.SetEquals(member.Assigned) ? ToResponse(member.Assigned) : null,
        };
    }

    /// <summary>Finds the member, creates it when it joins, or says why it may not go on.</summary>
    private ConsumerGroupHeartbeatResponse? Admit(ConsumerGroupHeartbeatRequest request, out ConsumerMember member)
    {
        var isJoin = request.MemberEpoch == JoinEpoch;
        if (request.InstanceId is { } instanceId && _memberOfInstance.TryGetValue(instanceId, out var holder) && holder.Id != request.MemberId)
        {
            member = holder;
            if (!isJoin)
                return HeartbeatRules.Refuse(ErrorCode.FencedInstanceId, $"Instance {instanceId} is held by member {holder.Id} now.");
            if (!holder.IsAway && holder.Classic is null)
                return HeartbeatRules.Refuse(ErrorCode.UnreleasedInstanceId, $"Instance {instanceId} is still held by member {holder.Id}.");
            member = TakeOver(holder, request.MemberId);
            return null;
        }
        if (!_members.TryGetValue(request.MemberId, out member!))
        {
            if (!isJoin)
                return HeartbeatRules.Refuse(ErrorCode.UnknownMemberId, $"Member {request.MemberId} is not in group {_groupId}.");
            member = NewMember(request.MemberId, request.InstanceId);
            Attach(member);
            BumpEpoch();
            return null;
        }
        if (member.Classic is not null && !isJoin)
            return HeartbeatRules.Refuse(ErrorCode.UnknownMemberId, $"Member {member.Id} is one of the classic protocol.");
        member.Classic = null;
        if (isJoin || request.MemberEpoch == member.Epoch || IsLostAnswer(member, request))
            return null;
        return HeartbeatRules.Refuse(ErrorCode.FencedMemberEpoch, $"Member {member.Id} is at epoch {member.Epoch}, not {request.MemberEpoch}.");
    }

    /// <summary>The member has not heard of its last step; that it claims nothing beyond its assignment shows that it really is the one.</summary>
    private static bool IsLostAnswer(ConsumerMember member, ConsumerGroupHeartbeatRequest request) =>
        request.MemberEpoch == member.PreviousEpoch
        && request.TopicPartitions is { } owned
        && owned.All(topic => topic.Partitions.All(partition => member.Assigned.Contains(new TopicIdPartition(topic.TopicId, partition))));

    /// <summary>A static member comes back: a new id, and everything else as it was, so nothing moves.</summary>
    private ConsumerMember TakeOver(ConsumerMember away, string memberId)
    {
        var member = NewMember(memberId, away.InstanceId);
        member.RackId = away.RackId;
        member.TopicNames = away.TopicNames;
        member.Pattern = away.Pattern;
        member.TopicPrefix = away.TopicPrefix;
        member.Assignor = away.Assignor;
        member.Assigned = away.Assigned;
        member.GivenAt = away.GivenAt;
        member.Target = away.Target;
        Detach(away);
        _unwritten.Add(ConsumerGroupRecords.ForgetMember(_groupId, away.Id));
        Attach(member);
        return member;
    }

    private ConsumerGroupHeartbeatResponse Leave(ConsumerGroupHeartbeatRequest request)
    {
        if (!_members.TryGetValue(request.MemberId, out var member))
            return HeartbeatRules.Refuse(ErrorCode.UnknownMemberId, $"Member {request.MemberId} is not in group {_groupId}.");
        if (request.InstanceId is not null && member.InstanceId != request.InstanceId)
            return HeartbeatRules.Refuse(ErrorCode.FencedInstanceId, $"Member {member.Id} does not hold instance {request.InstanceId}.");
        if (member.Classic is not null)
            return HeartbeatRules.Refuse(ErrorCode.UnknownMemberId, $"Member {member.Id} is one of the classic protocol.");
        return (request.MemberEpoch == ConsumerMember.AwayEpoch ? TryStepAway(member) : TryRemove(member))
            ? new ConsumerGroupHeartbeatResponse { MemberId = member.Id, MemberEpoch = request.MemberEpoch }
            : HeartbeatRules.Refuse(ErrorCode.CoordinatorNotAvailable, "The group could not be stored.");
    }

    /// <summary>A static member closes and keeps its place until its session ends; what it was giving up is free now.</summary>
    private bool TryStepAway(ConsumerMember member)
    {
        Disown(member, member.Assigned, member.Revoking);
        (member.PreviousEpoch, member.Epoch) = (member.Epoch, ConsumerMember.AwayEpoch);
        member.State = ReconciliationState.Stable;
        member.Revoking = PartitionSet.Empty;
        member.Rebalance.Clear();
        member.Session.SetAfter(SessionTimeoutOf(member));
        member.IsUnwritten = true;
        Own(member);
        return TryPersist();
    }

    private void Update(ConsumerMember member, ConsumerGroupHeartbeatRequest request, ClientIdentity client, string topicPrefix)
    {
        _ = ParsePattern(request, topicPrefix, out var pattern);
        var names = request.SubscribedTopicNames?.ToImmutableSortedSet(StringComparer.Ordinal) ?? member.TopicNames;
        pattern = request.SubscribedTopicRegex is null ? member.Pattern : pattern;
        var assignor = request.ServerAssignor ?? member.Assignor;
        var hasChangedMind = !names.SetEquals(member.TopicNames) || pattern?.Text != member.Pattern?.Text || assignor != member.Assignor || topicPrefix != member.TopicPrefix;
        var rebalanceTimeoutMs = request.RebalanceTimeoutMs < 0 ? member.RebalanceTimeoutMs : request.RebalanceTimeoutMs;
        var rack = request.RackId ?? member.RackId;
        if (!hasChangedMind && rebalanceTimeoutMs == member.RebalanceTimeoutMs && rack == member.RackId && client == member.Client)
            return;
        (member.TopicNames, member.Pattern, member.TopicPrefix, member.Assignor) = (names, pattern, topicPrefix, assignor);
        (member.RebalanceTimeoutMs, member.RackId, member.Client) = (rebalanceTimeoutMs, rack, client);
        member.IsUnwritten = true;
        if (!hasChangedMind)
            return;
        member.SubscriptionVersion++;
        _haveSubscriptionsChanged = true;
        BumpEpoch();
    }

    /// <summary>Topics come, go and grow; when one that somebody wants has changed, the target assignment has to change too.</summary>
    private void RefreshSubscriptions()
    {
        if (!_haveSubscriptionsChanged && _topicsVersion == _context.Topics.Version)
            return;
        _subscriptions.Begin();
        var topics = _subscriptions.TopicsOf(_members.Values);
        (_haveSubscriptionsChanged, _topicsVersion) = (!_subscriptions.AreCurrent, _context.Topics.Version);
        if (topics.SetEquals(_topicsOfSubscriptions))
            return;
        _topicsOfSubscriptions = topics;
        BumpEpoch();
    }

    /// <summary>Shares the partitions out again: now, or beside the loop where that takes long. Until then members keep what they have.</summary>
    private void BeginAssignment()
    {
        if (_assigning is not null)
            return;
        var partitions = _topicsOfSubscriptions.Sum(topic => (long)topic.Partitions);
        var assignment = new Assignment(GroupEpoch, PreferredAssignor(), _members.Values, _subscriptions.TopicsOf);
        if (assignment.Elements(partitions) <= _context.Options.MaxAssignedInLoop)
        {
            assignment.Make();
            Apply(assignment);
            return;
        }
        // The first members are at an epoch without anything until then; an epoch of 0 would tell them to join again.
        if (TargetEpoch == 0)
        {
            TargetEpoch = GroupEpoch++;
            _isGroupUnwritten = true;
            assignment = new Assignment(GroupEpoch, assignment.Assignor, _members.Values, _subscriptions.TopicsOf);
        }
        _assigning = assignment;
        _context.Workers.Run(assignment.Make, failure => EndAssignment(assignment, failure));
    }

    private void EndAssignment(Assignment assignment, Exception? failure)
    {
        if (_assigning != assignment)
            return;
        _assigning = null;
        // After a failure the next heartbeat begins another one.
        if (failure is null && assignment.Epoch > TargetEpoch)
        {
            Apply(assignment);
            // What can't be written now is written before the next answer to any member.
            _ = TryPersist();
        }
        EndJoins();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    private void Apply(Assignment assignment)
    {
        if (!assignment.TryApply(_members.GetValueOrDefault) && GroupEpoch == assignment.Epoch)
            GroupEpoch++;
        // Many members that come together share an assignment of many partitions: a thousand of each are shared out again after 20 ms at the earliest.
        _nextAssignmentMs = _context.Timers.NowMs + (_members.Count + _topicsOfSubscriptions.Sum(topic => topic.Partitions)) / MembersAndPartitionsPerMs;
        AssignorName = assignment.Assignor.Name;
        TargetEpoch = assignment.Epoch;
        _isGroupUnwritten = true;
    }

    /// <summary>The assignor that most members ask for; members that ask for none follow.</summary>
    private IAssignor PreferredAssignor()
    {
        var wanted = _members.Values.Where(member => member.Assignor is not null).CountBy(member => member.Assignor!)
            .OrderByDescending(votes => votes.Value).ThenBy(votes => votes.Key, StringComparer.Ordinal).Select(votes => votes.Key).FirstOrDefault();
        return s_assignors.FirstOrDefault(assignor => assignor.Name == wanted) ?? s_assignors[0];
    }

    private void Reconcile(ConsumerMember member, HashSet<TopicIdPartition>? owned)
    {
        var (assigned, revoking) = (member.Assigned, member.Revoking);
        if (Reconciliation.Step(member, TargetEpoch, owned, partition => !_owner.TryGetValue(partition, out var owner) || owner == member)
            && (assigned != member.Assigned || revoking != member.Revoking))
        {
            Disown(member, assigned, revoking);
            Own(member);
        }
        if (member.State != ReconciliationState.Revoking)
            member.Rebalance.Clear();
        else if (!member.Rebalance.IsSet)
            member.Rebalance.SetAfter(member.RebalanceTimeoutMs);
    }

    private ConsumerGroupHeartbeatResponse? ParsePattern(ConsumerGroupHeartbeatRequest request, string topicPrefix, out TopicPattern? pattern)
    {
        pattern = null;
        if (string.IsNullOrEmpty(request.SubscribedTopicRegex))
            return null;
        // Members of one group mostly have the same.
        pattern = _members.Values.FirstOrDefault(member => member.Pattern?.Text == request.SubscribedTopicRegex)?.Pattern;
        if (pattern is not null)
            return null;
        if (_members.Values.Select(member => member.Pattern).OfType<TopicPattern>().Distinct().Count() >= _context.Options.MaxPatterns)
            return HeartbeatRules.Refuse(ErrorCode.InvalidRegularExpression, $"The members of the group subscribe with {_context.Options.MaxPatterns} different patterns already.");
        if (TopicPattern.TryParse(request.SubscribedTopicRegex, _context.Options.MaxPatternLength, out pattern) && _subscriptions.TryMatch(pattern, topicPrefix))
            return null;
        return HeartbeatRules.Refuse(ErrorCode.InvalidRegularExpression, $"'{ClientText.Escape(request.SubscribedTopicRegex)}' is not a pattern that can be matched in linear time.");
    }

    /// <summary>Refuses a member, or a subscription, for which there is no room.</summary>
    private ConsumerGroupHeartbeatResponse? CheckRoom(ConsumerGroupHeartbeatRequest request)
    {
        var isNew = !_members.TryGetValue(request.MemberId, out var member);
        if (isNew && request.MemberEpoch == JoinEpoch && _members.Count >= _context.Options.MaxMembers)
            return HeartbeatRules.Refuse(ErrorCode.GroupMaxSizeReached, $"The group has {_members.Count} members, and may have no more.");
        if (isNew && !_context.Budget.HasRoom(ConsumerMember.EmptyBytes))
            return NoRoom();
        if (request.SubscribedTopicNames is not { } names)
            return null;
        if (names.Count > _context.Options.MaxTopicNames)
            return HeartbeatRules.Refuse(ErrorCode.InvalidRequest, $"A member names at most {_context.Options.MaxTopicNames} topics.");
        if (names.Exists(name => name.Length > TopicName.MaxLength))
            return HeartbeatRules.Refuse(ErrorCode.InvalidTopicException, $"A topic's name has at most {TopicName.MaxLength} characters.");
        var more = names.Sum(name => 64L + name.Length) - (member?.SubscriptionBytes ?? 0);
        return SubscriptionBytes + more <= _context.Options.MaxGroupBytes && _context.Budget.HasRoom(more) ? null : NoRoom();
    }

    private static ConsumerGroupHeartbeatResponse NoRoom() => HeartbeatRules.Refuse(ErrorCode.GroupMaxSizeReached, "The members of the group hold too much: subscriptions, assignments and ids.");

    /// <summary>Whether the members may have all partitions of their topics. Those that topics have got since are not shared out when all groups hold too much already.</summary>
    private bool HasRoomToAssign()
    {
        if (GroupEpoch == TargetEpoch)
            return true;
        var more = _topicsOfSubscriptions.Sum(topic => (long)topic.Partitions) - _owner.Count;
        return more <= FewPartitions || _context.Budget.HasRoom(more * ConsumerMember.PartitionBytes);
    }

    private static ConsumerGroupHeartbeatResponse.AssignmentData ToResponse(PartitionSet assigned) => new()
    {
        TopicPartitions = [.. assigned.ByTopic().Select(topic => new ConsumerGroupHeartbeatResponse.TopicPartitions { TopicId = topic.TopicId, Partitions = topic.Indexes })],
    };
}
