using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>How an application runs its topology.</summary>
public sealed record StreamsOptions
{
    /// <summary>Names the consumer group, the internal topics and the changelogs. Instances with the same id share the work.</summary>
    public required string ApplicationId { get; set; }

    /// <summary>Threads of this instance, each with its own consumer and tasks; 1 by default.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>What a crash may do to results; at-least-once by default.</summary>
    public ProcessingGuarantee Guarantee { get; set; } = ProcessingGuarantee.AtLeastOnce;

    /// <summary>How often results, state and positions are made durable; 100 ms under exactly-once and 1 s otherwise by default. A transaction is committed in half of its timeout whatever is set here.</summary>
    public TimeSpan? CommitInterval { get; set; }

    /// <summary>The clock; watermarks by default.</summary>
    public StreamTime StreamTime { get; set; } = StreamTime.Watermarks;

    /// <summary>Watermarks: how often a task tells downstream tasks how far it is, while that changes; 100 ms by default.</summary>
    public TimeSpan MarkerInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Watermarks: a caught-up input without records for so long is not waited for any more; 5 s by default. An input that is behind always is.</summary>
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Watermarks: when an input that was read to its end brings nothing for so long (wall clock), its last windows close as if later records had come;
    /// null (default): they wait for the next record. Records that come after all and belong to those windows are late: choose it longer than the pauses
    /// of an input that goes on. An input that is behind, paused or restoring is never taken for a stopped one.
    /// </summary>
    public TimeSpan? CloseAfterIdle { get; set; }

    /// <summary>
    /// Watermarks: a record that claims to be more than this ahead of the wall clock moves no clock and goes where late records go; one hour by default, which is
    /// how far ahead brokers take record times (KIP-937). With more, results with such times are production faults unless their topic's
    /// <c>message.timestamp.after.max.ms</c> is raised too; the application's own topics take any time.
    /// </summary>
    public TimeSpan MaxFuture
    {
        get => GivenMaxFuture ?? TimeSpan.FromHours(1);
        set => GivenMaxFuture = value;
    }

    internal TimeSpan? GivenMaxFuture { get; set; }

    /// <summary>Where late records go with their original bytes and headers that say how late; null (default): they are only counted and told to <see cref="OnLate"/>.</summary>
    public string? LateTopic { get; set; }

    /// <summary>Hears of each late record, in the stream thread.</summary>
    public Action<LateRecord>? OnLate { get; set; }

    /// <summary>Bytes that are no value; fail by default.</summary>
    public FaultResponse OnDeserializationFault { get; set; }

    /// <summary>An operator that throws; fail by default.</summary>
    public FaultResponse OnProcessingFault { get; set; }

    /// <summary>
    /// A result, or a changed entry of a store, that can't be serialized or that its topic refuses (too large, a time too far from the clock, no key in a compacted topic,
    /// no permission, no such topic); fail by default.
    /// </summary>
    public FaultResponse OnProductionFault { get; set; }

    /// <summary>Decides about each fault by itself; null answers take the settings above.</summary>
    public Func<Fault, FaultResponse?>? OnFault { get; set; }

    /// <summary>
    /// Where <see cref="FaultResponse.DeadLetter"/> sends records, with headers that say where and why; must exist. What does not fit because of those headers is cut
    /// (<c>cs-truncated</c> holds the value's original size).
    /// </summary>
    public string? DeadLetterTopic { get; set; }

    /// <summary>
    /// How long the log may be out of reach, at the start or later, before the application fails with the reason; null (default): it waits, and says what for.
    /// A wrong password or a missing permission counts as out of reach: an administrator mends it while the application waits.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>
    /// Which records of source topics are read that other applications write in transactions; by default only those that are committed. Exactly-once always reads those alone.
    /// </summary>
    public IsolationLevel Isolation { get; set; } = IsolationLevel.ReadCommitted;

    /// <summary>Where source partitions begin for which the group has no committed offset; the earliest record by default. <see cref="Consumed{TKey, TValue}"/> may say otherwise.</summary>
    public OffsetReset OffsetReset { get; set; } = OffsetReset.Earliest;

    /// <summary>
    /// Where a source partition goes on when the log does not hold the committed offset any more, as after an outage longer than the topic's retention; by default the application fails and
    /// says so. Otherwise the records that are passed over are counted (<c>crashstreams.records.lost</c>) and logged.
    /// </summary>
    public OffsetReset OffsetOutOfRange { get; set; } = OffsetReset.Fail;

    /// <summary>What happens to state whose inputs' committed offsets are gone; by default it is built again if the whole input is still there.</summary>
    public OrphanedState OrphanedState { get; set; } = OrphanedState.RebuildFromWholeInput;

    /// <summary>How long one poll waits for records when there is nothing else to do; 100 ms by default.</summary>
    public TimeSpan PollWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often processed records of the application's repartition topics, and expired windows in its changelogs, are deleted; 30 s by default, as in Kafka Streams.</summary>
    public TimeSpan RepartitionPurgeInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Where stores are kept between two lives of the instance; null (default): in memory alone, restored from their changelogs at every start. The
    /// application's threads share it; whoever made it disposes of it after the application. Other processes on the machine may use the same directory.
    /// </summary>
    public IStateStorage? State { get; set; }

    /// <summary>
    /// With <see cref="State"/>: memory for entries that are cached over it, bytes, divided among the threads; 64 MB by default. What was changed since the
    /// last commit is held there too: when it needs more than half, a commit comes early.
    /// </summary>
    public long StateCacheBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>With <see cref="State"/>: how long state of tasks that have moved elsewhere is kept, in case they come back; 10 minutes by default.</summary>
    public TimeSpan StateCleanupDelay { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Hears of restores, in the stream thread.</summary>
    public Action<RestoreProgress>? OnRestore { get; set; }

    /// <summary>
    /// How others reach this instance, for example <c>host:port</c>: told to the application's other instances, so that each knows which one holds a key
    /// (<see cref="StreamsApplication.Find"/>). Null (default): not told. One line; the library opens no port.
    /// </summary>
    public string? HostInfo { get; set; }

    /// <summary>
    /// Warm copies of each task's stores on other instances, 0 (default) or 1: each instance follows the changelogs of the tasks that it would be given if any one of the others
    /// were lost, so that it goes on after the session timeout without a restore. It costs the memory or disk of the copies and the reading of their changelogs;
    /// with more than two instances several may keep a copy of the same task. Choose <see cref="StateCleanupDelay"/> longer than the session timeout: copies are kept for so long.
    /// </summary>
    public int StandbyReplicas { get; set; }

    /// <summary>Copies of the internal topics' partitions; -1 (default): the broker's default.</summary>
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>Whether the instances know of each other: to find keys, to plan warm copies, or to end the transactions of those that are lost.</summary>
    internal bool HasDirectory => HostInfo is not null || StandbyReplicas > 0 || Guarantee == ProcessingGuarantee.ExactlyOnce;

    // Kafka Streams' internal throttle of emission on window close.
    internal TimeSpan ObservedEmitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A thread that did not get to run for longer (a suspended process or machine) knows nothing about the ends of its inputs until it has
    /// fetched again: what it remembers says "caught up".
    /// </summary>
    internal TimeSpan BlindAfter
    {
        get => field > TimeSpan.Zero ? field : TimeSpan.FromTicks(Math.Min(PollWait.Ticks, TimeSpan.MaxValue.Ticks / 2) + Math.Min(TimeSpan.TicksPerSecond, IdleAfter.Ticks / 4));
        init;
    }

    /// <summary>A topic that all requests miss for so long was deleted. Until then a broker may be late to hear of it, or it is being made anew.</summary>
    internal TimeSpan DeletedAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A transaction that was not written to for so long is reported to those who wait for it; this library's own end within seconds.</summary>
    internal TimeSpan StuckAfter { get; init; } = TimeSpan.FromMinutes(1);

    internal bool ReadsCommitted => Isolation == IsolationLevel.ReadCommitted || Guarantee == ProcessingGuarantee.ExactlyOnce;

    internal TimeSpan EffectiveCommitInterval =>
        CommitInterval ?? (Guarantee == ProcessingGuarantee.ExactlyOnce ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1));

    /// <summary>Checks every setting.</summary>
    /// <exception cref="TopologyException">Something is wrong; the message lists every fault.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(ApplicationId) || ApplicationId.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
            faults.Add($"{nameof(ApplicationId)} '{ApplicationId}': use ASCII letters, digits, '.', '_' and '-': it becomes part of topic names.");
        if (Threads < 1)
            faults.Add($"{nameof(Threads)} is {Threads}: at least 1.");
        if (EffectiveCommitInterval <= TimeSpan.Zero)
            faults.Add($"{nameof(CommitInterval)} is {CommitInterval}: more than zero.");
        if (MarkerInterval < TimeSpan.Zero || IdleAfter < TimeSpan.Zero || MaxFuture < TimeSpan.Zero || PollWait < TimeSpan.Zero)
            faults.Add($"{nameof(MarkerInterval)}, {nameof(IdleAfter)}, {nameof(MaxFuture)} and {nameof(PollWait)} can't be negative.");
        if (Isolation == IsolationLevel.ReadUncommitted && Guarantee == ProcessingGuarantee.ExactlyOnce)
            faults.Add($"{nameof(Isolation)} is {Isolation}: with {nameof(ProcessingGuarantee.ExactlyOnce)} only committed records can be read.");
        if (ConnectTimeout <= TimeSpan.Zero)
            faults.Add($"{nameof(ConnectTimeout)} is {ConnectTimeout}: more than zero, or null to wait for ever.");
        if (RepartitionPurgeInterval <= TimeSpan.Zero)
            faults.Add($"{nameof(RepartitionPurgeInterval)} is {RepartitionPurgeInterval}: more than zero.");
        if (StateCacheBytes < 0 || StateCleanupDelay < TimeSpan.Zero)
            faults.Add($"{nameof(StateCacheBytes)} and {nameof(StateCleanupDelay)} can't be negative.");
        if (CloseAfterIdle < IdleAfter)
            faults.Add($"{nameof(CloseAfterIdle)} is {CloseAfterIdle}: not less than {nameof(IdleAfter)} ({IdleAfter}).");
        if (StandbyReplicas is not (0 or 1))
            faults.Add($"{nameof(StandbyReplicas)} is {StandbyReplicas}: 0 or 1.");
        if (HostInfo is not null && (HostInfo.Length == 0 || HostInfo.Contains('\n')))
            faults.Add($"{nameof(HostInfo)}: one line of text that is not empty.");
        if (DeadLetterTopic is null && new[] { OnDeserializationFault, OnProcessingFault, OnProductionFault }.Contains(FaultResponse.DeadLetter))
            faults.Add($"A fault handler says {nameof(FaultResponse.DeadLetter)} but {nameof(DeadLetterTopic)} is not set.");
        if (faults.Count > 0)
            throw new TopologyException($"The options have {faults.Count} fault(s):{string.Concat(faults.Select(f => $"\n - {f}"))}");
    }
}

/// <summary>Which records are read that were written in transactions.</summary>
public enum IsolationLevel
{
    /// <summary>Those of committed transactions; an open one holds up what is behind it until it ends.</summary>
    ReadCommitted,

    /// <summary>All, also those of transactions that are still open or were aborted.</summary>
    ReadUncommitted,
}

/// <summary>What a crash may do to results.</summary>
public enum ProcessingGuarantee
{
    /// <summary>Nothing is lost; records processed since the last commit are processed again.</summary>
    AtLeastOnce,

    /// <summary>Nothing is lost or doubled: results, state and positions are committed in one transaction.</summary>
    ExactlyOnce,
}
