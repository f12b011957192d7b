using System.Collections.Immutable;
using System.Collections.ObjectModel;
using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// How far a member is on its way to the target assignment.
/// <code>
///                    target has less                          confirmed
///   Stable ──────────────────────────────► Revoking ────────────────────────────┐
///     ▲  │                                                                      ▼
///     │  └─ target has more, still owned by others ─► AwaitingRelease ◄── or ── Stable
///     └──────────── all released and given ─────────────────┘
/// </code>
/// A revoking member stays at its epoch; in the other two states it is at the target's.
/// </summary>
internal enum ReconciliationState : byte
{
    Stable,
    Revoking,
    AwaitingRelease,
}

/// <summary>A member of a KIP-848 group.</summary>
internal sealed class ConsumerMember
{
    /// <summary>The epoch of a static member that has left for a while (KIP-848: LEAVE_GROUP_STATIC).</summary>
    public const int AwayEpoch = -2;

    /// <summary>What a member holds that has and wants nothing, about.</summary>
    public const long EmptyBytes = 512;

    /// <summary>A partition in the set, with the epoch since when, and in the group's table of owners.</summary>
    private const long OwnedPartitionBytes = 100;

    private const long TargetPartitionBytes = 24;

    /// <summary>A partition that a member has and is to have.</summary>
    public const long PartitionBytes = OwnedPartitionBytes + TargetPartitionBytes;

    private long _topicNamesBytes;
    private IReadOnlyList<TopicInfo>? _topicsByName;
    private long _topicsVersion;

    public required string Id { get; init; }

    public string? InstanceId { get; init; }

    public string? RackId { get; set; }

    public ClientIdentity Client { get; set; }

    public int RebalanceTimeoutMs { get; set; }

    public ImmutableSortedSet<string> TopicNames
    {
        get;
        set => (field, _topicNamesBytes, _topicsByName) = (value, value.Sum(name => 64L + name.Length), null);
    } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public TopicPattern? Pattern { get; set; }

    /// <summary>Grows with each change of what the member subscribes to.</summary>
    public int SubscriptionVersion { get; set; }

    /// <summary>Its user may read the topics whose names begin with this, and the member gets no others.</summary>
    public string TopicPrefix
    {
        get;
        set => (field, _topicsByName) = (value, null);
    } = "";

    public string? Assignor { get; set; }

    public int Epoch { get; set; }

    /// <summary>The epoch before; a request with it is one whose answer was lost.</summary>
    public int PreviousEpoch { get; set; } = -1;

    public ReconciliationState State { get; set; }

    /// <summary>What the member may consume.</summary>
    public PartitionSet Assigned { get; set; } = PartitionSet.Empty;

    /// <summary>What it must give up and has not confirmed yet.</summary>
    public PartitionSet Revoking { get; set; } = PartitionSet.Empty;

    /// <summary>The member's epoch when it got what is in <see cref="Assigned"/> and <see cref="Revoking"/>.</summary>
    public IReadOnlyDictionary<TopicIdPartition, int> GivenAt { get; set; } = ReadOnlyDictionary<TopicIdPartition, int>.Empty;

    /// <summary>What it is to have in the end.</summary>
    public PartitionSet Target { get; set; } = PartitionSet.Empty;

    /// <summary>Differs from what the journal has.</summary>
    public bool IsUnwritten { get; set; } = true;

    public required Deadline Session { get; init; }

    /// <summary>Until when it has to do its part: to give up partitions or, under the classic protocol, to join again or to ask for its assignment.</summary>
    public required Deadline Rebalance { get; init; }

    /// <summary>What it brings as a member of the classic protocol; null for those of the consumer protocol.</summary>
    public ClassicProtocols? Classic { get; set; }

    public bool IsAway => Epoch == AwayEpoch;

    /// <summary>
    /// Whether a partition has been this member's from an epoch until now. It may commit with such an epoch: the answer that raises it, and has nothing to do with this
    /// partition, may be on its way (KIP-1251).
    /// </summary>
    public bool HasHad(TopicIdPartition partition, int epoch) => GivenAt.TryGetValue(partition, out var since) && since <= epoch;

    /// <summary>Those of <see cref="TopicNames"/> that exist and that its user may read, in their order; looked up again when topics have come, gone or grown.</summary>
    public IReadOnlyList<TopicInfo> TopicsByName(ITopicView topics)
    {
        if (_topicsByName is null || _topicsVersion != topics.Version)
            (_topicsByName, _topicsVersion) = ([.. Readable(topics)], topics.Version);
        return _topicsByName;
    }

    private IEnumerable<TopicInfo> Readable(ITopicView topics)
    {
        foreach (var name in TopicNames)
            if (name.StartsWith(TopicPrefix, StringComparison.Ordinal) && topics.TryGet(name, out var topic))
                yield return topic;
    }

    /// <summary>What it holds, about.</summary>
    public long Bytes => SubscriptionBytes + OwnedPartitionBytes * (Assigned.Count + Revoking.Count) + TargetPartitionBytes * Target.Count;

    /// <summary>All but its partitions.</summary>
    public long SubscriptionBytes => EmptyBytes + (Classic?.Bytes ?? 0) + Id.Length + (InstanceId?.Length ?? 0) + (RackId?.Length ?? 0) + (Pattern?.Text.Length ?? 0) + TopicPrefix.Length + _topicNamesBytes;
}
