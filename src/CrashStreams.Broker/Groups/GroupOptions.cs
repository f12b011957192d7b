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

    /// <summary>A subscription pattern longer than this is refused.</summary>
    public int MaxPatternLength { get; init; } = 1024;
}
