using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Groups;

/// <summary>All groups of the broker. Requests about members go to the group's protocol, requests about offsets to the offset handlers.</summary>
internal sealed class GroupCoordinator(GroupContext context)
{
    /// <summary>A group's name, its place in the tree and its objects, about.</summary>
    private const long GroupBytes = 2048;

    private readonly SortedDictionary<string, Group> _groups = new(StringComparer.Ordinal);

    public GroupContext Context => context;

    public IEnumerable<Group> Groups => _groups.Values.Where(group => !group.IsBlank);

    public Group? Find(string groupId) => _groups.TryGetValue(groupId, out var group) && !group.IsBlank ? group : null;

    /// <summary>The group, made if need be; null when there is no room for another.</summary>
    public Group? FindOrCreate(string groupId)
    {
        if (_groups.TryGetValue(groupId, out var group))
            return group;
        return context.Budget.HasRoom(GroupBytes) ? Create(groupId) : null;
    }

    /// <summary>Forgets a group of which nothing has come: its only request was refused.</summary>
    public void ForgetBlank(Group group)
    {
        if (group.IsBlank)
            Remove(group.Id);
    }

    /// <summary>A group as members of the classic protocol see it; null when there is no such group.</summary>
    public IClassicMembers? FindClassic(string groupId) => Find(groupId)?.Membership as IClassicMembers;

    public ConsumerGroup? FindConsumer(string groupId) => Find(groupId)?.Membership as ConsumerGroup;

    /// <summary>Deletes a group without members, and its offsets.</summary>
    public ErrorCode Delete(string groupId)
    {
        if (Find(groupId) is not { } group)
            return ErrorCode.GroupIdNotFound;
        if (!group.Membership.IsEmpty)
            return ErrorCode.NonEmptyGroup;
        if (!group.TryDelete())
            return ErrorCode.CoordinatorNotAvailable;
        Remove(groupId);
        return ErrorCode.None;
    }

    /// <summary>A topic is gone: so are its offsets, in every group.</summary>
    public void ForgetTopic(string topic)
    {
        // Offsets that can't be removed now are removed by the next expiration, which looks for topics that don't exist.
        foreach (var group in _groups.Values)
            _ = group.Offsets.TryRemoveTopic(topic);
    }

    /// <summary>Takes in one journal record; called for each in order, before <see cref="Start"/>.</summary>
    public void Replay(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        var fields = JournalLayout.Open(key, out var kind);
        var id = fields.ReadString();
        var group = _groups.GetValueOrDefault(id) ?? Create(id);
        switch (kind)
        {
            case OffsetRecords.CommittedKind:
                group.Offsets.Replay(OffsetRecords.ReadPartition(fields), isTombstone ? null : OffsetRecords.ReadOffset(value));
                break;
            case OffsetRecords.PendingKind:
                var producerId = fields.ReadInt64();
                group.Offsets.ReplayPending(producerId, OffsetRecords.ReadPartition(fields), isTombstone ? null : OffsetRecords.ReadOffset(value));
                break;
            case ClassicGroupRecords.Kind:
                group.ReplayClassic(value, isTombstone);
                break;
            case ConsumerGroupRecords.GroupKind:
                group.ReplayConsumer(value, isTombstone);
                break;
            case ConsumerGroupRecords.MemberKind:
                group.ReplayConsumerMember(fields.ReadString(), value, isTombstone);
                break;
            default:
                throw new InvalidDataException($"Unknown kind {kind} of group record: the data directory was written by a newer version.");
        }
    }

    /// <summary>Starts the timers. Members of before the restart have a session timeout to be heard of.</summary>
    public void Start()
    {
        // Groups of which only tombstones are left.
        foreach (var forgotten in _groups.Values.Where(group => group.IsBlank).ToList())
            Remove(forgotten.Id);
        foreach (var group in _groups.Values)
            group.Membership.Resume();
        ScheduleExpiration();
    }

    private Group Create(string groupId)
    {
        context.Budget.Add(GroupBytes);
        return _groups[groupId] = new Group(groupId, context);
    }

    private void Remove(string groupId)
    {
        if (_groups.Remove(groupId, out var removed))
        {
            removed.Membership.Release();
            context.Budget.Add(-GroupBytes);
        }
    }

    private void ScheduleExpiration() => context.Timers.Schedule(context.Timers.NowMs + context.Options.OffsetExpirationCheckMs, Expire);

    private void Expire()
    {
        foreach (var group in _groups.Values.ToList())
        {
            _ = group.Offsets.TryRemove([.. OffsetExpiration.Expired(group, context)]);
            if (group.IsBlank)
                Remove(group.Id);
            else if (group.Offsets.IsEmpty && group.Membership.IsEmpty)
                _ = Delete(group.Id);
        }
        ScheduleExpiration();
    }
}
