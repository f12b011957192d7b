namespace CrashStreams.Broker.Groups;

/// <summary>Limits and rhythms of the group coordinator. Apache Kafka's defaults, except where a broker in the process can be quicker.</summary>
internal sealed record GroupOptions
{
    /// <summary>`group.initial.rebalance.delay.ms`. Kafka waits 3 s for more members; here the first member starts at once.</summary>
    public int InitialRebalanceDelayMs { get; init; }

    public int MinSessionTimeoutMs { get; init; } = 6_000;

    public int MaxSessionTimeoutMs { get; init; } = 30 * 60 * 1000;

    /// <summary>`group.consumer.session.timeout.ms`: KIP-848 members have the broker's session timeout, not their own.</summary>
    public int ConsumerSessionTimeoutMs { get; init; } = 45_000;

    /// <summary>The heartbeat interval told to KIP-848 members of a settled group. Kafka's is 5 s; a newcomer waits for it to pass.</summary>
    public int ConsumerHeartbeatIntervalMs { get; init; } = 300;

    /// <summary>The interval told while a group is moving partitions: a waiting member learns from its heartbeat that one was released.</summary>
    public int ConsumerReconcilingIntervalMs { get; init; } = 50;

    /// <summary>`offset.metadata.max.bytes`.</summary>
    public int MaxOffsetMetadataBytes { get; init; } = 4096;

    /// <summary>`offsets.retention.minutes`: offsets of an empty group are forgotten after this.</summary>
    public long OffsetRetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>`offsets.retention.check.interval.ms`.</summary>
    public long OffsetExpirationCheckMs { get; init; } = 10 * 60 * 1000;

    /// <summary>
    /// Members, their topics and partitions that are shared out as part of a request, in about a millisecond; larger assignments are made beside the loop.
    /// </summary>
    public int MaxAssignedInLoop { get; init; } = 2_000;

    /// <summary>Members of one group, with those that have been promised an id. `group.max.size` has no limit in Kafka.</summary>
    public int MaxMembers { get; init; } = 1000;

    /// <summary>Protocols (assignors) that a member of a classic group offers. Kafka's clients have up to four.</summary>
    public int MaxProtocols { get; init; } = 64;

    /// <summary>What the members of one group hold: subscriptions, assignments, ids. All of it goes into one answer and one journal record.</summary>
    public long MaxGroupBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Topics that a member names: more are a pattern.</summary>
    public int MaxTopicNames { get; init; } = 10_000;

    /// <summary>Different patterns that the members of one group may subscribe with.</summary>
    public int MaxPatterns { get; init; } = 10;

    /// <summary>Partitions that one commit may name; Kafka's limit is the size of the records that it writes for them, 1 MiB.</summary>
    public int MaxPartitionsPerCommit { get; init; } = 20_000;

    /// <summary>What all groups together keep: members and committed offsets.</summary>
    public long MaxStateBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>A subscription pattern longer than this is refused.</summary>
    public int MaxPatternLength { get; init; } = 1024;
}
