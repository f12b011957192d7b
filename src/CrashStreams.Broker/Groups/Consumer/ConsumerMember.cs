using System.Collections.Immutable;
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

    /// <summary>Its user may read the topics whose names begin with this, and the member gets no others.</summary>
    public string TopicPrefix { get; set; } = "";

    public string? Assignor { get; set; }

    public int Epoch { get; set; }

    /// <summary>The epoch before; a request with it is one whose answer was lost.</summary>
    public int PreviousEpoch { get; set; } = -1;

    public ReconciliationState State { get; set; }

    /// <summary>What the member may consume.</summary>
    public ImmutableSortedSet<TopicIdPartition> Assigned { get; set; } = [];

    /// <summary>What it must give up and has not confirmed yet.</summary>
    public ImmutableSortedSet<TopicIdPartition> Revoking { get; set; } = [];

    /// <summary>The member's epoch when it got what is in <see cref="Assigned"/> and <see cref="Revoking"/>.</summary>
    public ImmutableDictionary<TopicIdPartition, int> GivenAt { get; set; } = ImmutableDictionary<TopicIdPartition, int>.Empty;

    /// <summary>What it is to have in the end.</summary>
    public ImmutableSortedSet<TopicIdPartition> Target { get; set; } = [];

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

    /// <summary>Those of <see cref="TopicNames"/> that exist, in their order; looked up again when topics have come, gone or grown.</summary>
    public IReadOnlyList<TopicInfo> TopicsByName(ITopicView topics)
    {
        if (_topicsByName is null || _topicsVersion != topics.Version)
            (_topicsByName, _topicsVersion) = ([.. TopicNames.Select(name => topics.TryGet(name, out var topic) ? topic : null).OfType<TopicInfo>()], topics.Version);
        return _topicsByName;
    }

    /// <summary>What it holds, about.</summary>
    public long Bytes => 512 + (Classic?.Bytes ?? 0) + Id.Length + (InstanceId?.Length ?? 0) + (RackId?.Length ?? 0) + (Pattern?.Text.Length ?? 0) + TopicPrefix.Length + _topicNamesBytes + 64L * (2 * Assigned.Count + Revoking.Count + Target.Count);
}
