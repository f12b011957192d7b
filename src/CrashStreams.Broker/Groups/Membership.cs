using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Groups;

/// <summary>The members of a group under one of the two protocols. A group has offsets whatever its protocol; see <see cref="Groups.Group"/>.</summary>
internal abstract class Membership(StateBudget budget)
{
    private long _charged;

    /// <summary>What the members hold, about.</summary>
    public abstract long Bytes { get; }

    /// <summary>"classic" or "consumer", as ListGroups names them.</summary>
    public abstract string GroupType { get; }

    public abstract string ProtocolType { get; }

    public abstract string StateName { get; }

    public abstract bool IsEmpty { get; }

    /// <summary>Since when there are no members; offsets expire from then on.</summary>
    public abstract long EmptySinceMs { get; }

    /// <summary>May this member commit offsets of these partitions now? <paramref name="epoch"/> is a generation or a member epoch, -1 with an empty id: no member.</summary>
    public abstract ErrorCode CheckCommit(string memberId, string? instanceId, int epoch, bool isTransactional, IEnumerable<TopicIdPartition> partitions);

    public abstract ErrorCode CheckFetch(string? memberId, int epoch);

    /// <summary>Offsets of topics that a member consumes can't be deleted.</summary>
    public abstract ErrorCode CheckOffsetDelete();

    public abstract bool IsSubscribedTo(string topic);

    /// <summary>Removes a member as if its session had timed out. False: there is no such member.</summary>
    public abstract bool Expire(string memberId);

    /// <summary>The tombstones of everything that the membership wrote.</summary>
    public abstract IReadOnlyList<JournalEntry> Tombstones();

    /// <summary>Nobody can come back: the group was deleted, or its name has another membership.</summary>
    public virtual void Release()
    {
        budget.Add(-_charged);
        _charged = 0;
    }

    /// <summary>Starts the timers of members that were read from the journal.</summary>
    public abstract void Resume();

    /// <summary>To be called when what the members hold has changed.</summary>
    protected void Recharge()
    {
        var bytes = Bytes;
        budget.Add(bytes - _charged);
        _charged = bytes;
    }
}
