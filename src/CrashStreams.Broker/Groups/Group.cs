using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Groups;

/// <summary>
/// A group id with its offsets and its members. While it has no members it can change from one protocol to the other. One of classic consumers becomes a KIP-848 group with
/// the first member of that protocol, and a classic group again when the last one has left (<c>group.consumer.migration.policy=bidirectional</c>).
/// </summary>
internal sealed class Group(string id, GroupContext context)
{
    public string Id => id;

    public GroupOffsets Offsets { get; } = new(id, context.Journal, context.Budget);

    public Membership Membership { get; private set; } = new ClassicGroup(id, context);

    /// <summary>Nothing has ever come of it (a refused join), or everything is forgotten: to clients there is no such group.</summary>
    public bool IsBlank => Offsets.IsEmpty && Membership is (ClassicGroup { IsUnused: true, Generation: 0 } or ConsumerGroup { IsEmpty: true, GroupEpoch: 0 });

    /// <summary>The classic group, made out of an empty one of the other kind if need be; null while that has members or can't be replaced in the journal.</summary>
    public ClassicGroup? AsClassic()
    {
        if (Membership is ClassicGroup classic)
            return classic;
        return TryReplaceMembership(new ClassicGroup(id, context)) ? (ClassicGroup)Membership : null;
    }

    /// <summary>The KIP-848 group, made out of one of the other kind if need be.</summary>
    /// <returns>GROUP_ID_NOT_FOUND when that has members which can't be taken over, COORDINATOR_NOT_AVAILABLE when it can't be replaced in the journal.</returns>
    public ErrorCode AsConsumer(out ConsumerGroup consumer)
    {
        consumer = Membership as ConsumerGroup ?? NewConsumerGroup();
        if (consumer == Membership)
            return ErrorCode.None;
        if (Membership is ClassicGroup { IsEmpty: false } classic)
            return TakeOver(classic, consumer);
        return TryReplaceMembership(consumer) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
    }

    /// <summary>Forgets everything. False: not now.</summary>
    public bool TryDelete()
    {
        if (!context.Journal.TryAppend([.. Membership.Tombstones(), .. Offsets.Tombstones()]))
            return false;
        Offsets.Clear();
        Membership.Release();
        return true;
    }

    public void ReplayClassic(ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (isTombstone && Membership is ClassicGroup)
            Replace(new ClassicGroup(id, context));
        else if (!isTombstone)
        {
            var classic = Membership as ClassicGroup ?? new ClassicGroup(id, context);
            if (classic != Membership)
                Replace(classic);
            classic.Restore(ClassicGroupRecords.Read(value));
        }
    }

    public void ReplayConsumer(ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (isTombstone && Membership is ConsumerGroup)
            Replace(new ClassicGroup(id, context));
        else if (!isTombstone)
            ConsumerForReplay().RestoreGroup(value);
    }

    public void ReplayConsumerMember(string memberId, ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (Membership is ConsumerGroup || !isTombstone)
            ConsumerForReplay().RestoreMember(memberId, value, isTombstone);
    }

    private ConsumerGroup ConsumerForReplay()
    {
        if (Membership is not ConsumerGroup)
            Replace(NewConsumerGroup());
        return (ConsumerGroup)Membership;
    }

    private ConsumerGroup NewConsumerGroup() => new(id, context) { Downgrade = TryDowngrade };

    private ErrorCode TakeOver(ClassicGroup classic, ConsumerGroup consumer)
    {
        if (!classic.HasConsumers || !consumer.TryTakeOver(classic))
            return ErrorCode.GroupIdNotFound;
        if (!consumer.TryPersist())
            return ErrorCode.CoordinatorNotAvailable;
        classic.TurnAway();
        Replace(consumer);
        consumer.Resume();
        return ErrorCode.None;
    }

    private bool TryDowngrade()
    {
        if (Membership is not ConsumerGroup consumer)
            return false;
        var snapshot = consumer.ToClassic();
        if (!context.Journal.TryAppend([.. consumer.Tombstones(), ClassicGroupRecords.Of(id, snapshot)]))
            return false;
        var classic = new ClassicGroup(id, context);
        classic.Restore(snapshot);
        Replace(classic);
        classic.Resume();
        return true;
    }

    private bool TryReplaceMembership(Membership next)
    {
        if (!Membership.IsEmpty || !(IsBlank || context.Journal.TryAppend([.. Membership.Tombstones()])))
            return false;
        Replace(next);
        return true;
    }

    private void Replace(Membership next)
    {
        Membership.Release();
        Membership = next;
    }
}
