using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;

namespace CrashStreams.Broker.Groups;

/// <summary>A group id with its offsets and its members. While it has no members it can change from one protocol to the other.</summary>
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

    /// <summary>The KIP-848 group, made out of an empty one of the other kind if need be; null while that has members or can't be replaced in the journal.</summary>
    public ConsumerGroup? AsConsumer()
    {
        if (Membership is ConsumerGroup consumer)
            return consumer;
        return TryReplaceMembership(new ConsumerGroup(id, context)) ? (ConsumerGroup)Membership : null;
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
            Replace(new ConsumerGroup(id, context));
        return (ConsumerGroup)Membership;
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
