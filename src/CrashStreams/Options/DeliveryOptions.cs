namespace CrashStreams;

/// <summary>What an application reads, what a crash may do to its results, and how often they are committed.</summary>
public sealed record DeliveryOptions
{
    /// <summary>What a crash may do to results; at-least-once by default.</summary>
    public ProcessingGuarantee Guarantee { get; set; } = ProcessingGuarantee.AtLeastOnce;

    /// <summary>
    /// How often results, state and positions are made durable; 100 ms under exactly-once and 1 s otherwise by default. Up to 100 ms it is an average for transactions: they are committed as soon
    /// as the inputs have run dry, a few in a row after a pause. By default a thread that is behind its inputs commits transactions less often, once a second at least, so that commits take a tenth
    /// of its time. A transaction is committed in half of its timeout whatever is set here.
    /// </summary>
    public TimeSpan? CommitInterval { get; set; }

    /// <summary>
    /// Which records of source topics are read that other applications write in transactions; by default only those that are committed. Exactly-once always reads those alone.
    /// </summary>
    public IsolationLevel Isolation { get; set; } = IsolationLevel.ReadCommitted;

    /// <summary>Where source partitions begin for which the group has no committed offset; the earliest record by default. <see cref="Consumed{TKey, TValue}"/> may override it for a source.</summary>
    public OffsetReset OffsetReset { get; set; } = OffsetReset.Earliest;

    /// <summary>
    /// Where a source partition goes on when the log does not hold the committed offset any more, as after an outage longer than the topic's retention; by default the application fails
    /// and names the partition. Otherwise the records that are passed over are counted (<c>crashstreams.records.lost</c>) and logged.
    /// </summary>
    public OffsetReset OffsetOutOfRange { get; set; } = OffsetReset.Fail;

    /// <summary>
    /// How records travel through repartition topics: packed by default, many in one record. An application that Kafka Streams is to take over, or whose repartition topics others read, writes them plain.
    /// Both are read, so it can be changed from one start to the next.
    /// </summary>
    public ShuffleFormat Shuffle { get; set; } = ShuffleFormat.Packed;

    internal bool IsExactlyOnce => Guarantee == ProcessingGuarantee.ExactlyOnce;

    internal bool ReadsCommitted => Isolation == IsolationLevel.ReadCommitted || IsExactlyOnce;

    internal TimeSpan EffectiveCommitInterval => CommitInterval ?? (IsExactlyOnce ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1));

    internal IEnumerable<string> Check() =>
    [
        .. Choice.Check(nameof(Guarantee), Guarantee),
        .. Choice.Check(nameof(Isolation), Isolation),
        .. Choice.Check(nameof(OffsetReset), OffsetReset),
        .. Choice.Check(nameof(OffsetOutOfRange), OffsetOutOfRange),
        .. Choice.Check(nameof(Shuffle), Shuffle),
        .. Ranges(),
    ];

    private IEnumerable<string> Ranges()
    {
        if (CommitInterval <= TimeSpan.Zero)
            yield return $"{nameof(CommitInterval)} is {CommitInterval}: more than zero, or null for the guarantee's default.";
        if (Isolation == IsolationLevel.ReadUncommitted && IsExactlyOnce)
            yield return $"{nameof(Isolation)} is {Isolation}: with {nameof(ProcessingGuarantee.ExactlyOnce)} only committed records can be read.";
    }
}
