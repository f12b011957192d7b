namespace CrashStreams.Tests.Simulation;

/// <summary>A fault planted between the runtime and its ports, to see that the simulation finds it.</summary>
public enum Mutation
{
    None,

    /// <summary>Offsets are committed before the results that belong to them are written.</summary>
    OffsetsBeforeFlush,

    /// <summary>A restarted task does not know how far the event time of its source partition had come.</summary>
    SourceTimeForgotten,

    /// <summary>Windows close when the furthest upstream partition has passed them, not the slowest.</summary>
    ClosedByMaximum,

    /// <summary>Markers overtake the records that were sent before them.</summary>
    MarkersBeforeRecords,

    /// <summary>A restarted task begins with empty stores.</summary>
    ChangelogNotRestored,

    /// <summary>The broker believes members and producers that were replaced.</summary>
    FencingIgnored,

    /// <summary>A restarted task does not know what it has closed, and closes it again.</summary>
    ClosedWindowsForgotten,

    /// <summary>A marker is taken for a record.</summary>
    MarkerTakenForRecord,

    /// <summary>An idle partition never leaves the minimum.</summary>
    IdlenessNotTold,

    /// <summary>An out-of-order record loses its partition's watermark on its way through a shuffle.</summary>
    ReadAtForgotten,

    /// <summary>Records of open and aborted transactions are read.</summary>
    UncommittedRead,

    /// <summary>Offsets are committed beside the transaction, not in it.</summary>
    OffsetsOutsideTransaction,

    /// <summary>Changes reach the local state before the log has committed them.</summary>
    StateBeforeCommit,

    /// <summary>Local state claims to be complete up to an offset that it has not seen.</summary>
    PositionTooHigh,

    /// <summary>A batch that was aborted with its transaction is written when the task is closed.</summary>
    AbortedBatchWritten,

    /// <summary>Changed entries leave the cache without having been written.</summary>
    ChangedEntriesEvicted,

    /// <summary>A task that was lost to another instance goes on with its cache when it comes back.</summary>
    CacheKeptOverRebalance,

    /// <summary>A task's state is used while another process uses it.</summary>
    LockIgnored,

    /// <summary>A restore takes local state for complete up to the changelog's end.</summary>
    TailNotRestored,

    /// <summary>Window changelogs keep Kafka Streams' retention.</summary>
    RetentionNotLifted,

    /// <summary>With the expired part of a changelog goes the rest.</summary>
    ChangelogPurgedTooFar,

    /// <summary>A restarted task does not know what late records have corrected.</summary>
    LatePartNotRestored,

    /// <summary>Nobody asks for the ids of changelogs.</summary>
    TopicIdsIgnored,

    /// <summary>A corrected result looks like a first one.</summary>
    CorrectionNotMarked,

    /// <summary>A livelock: whoever commits is told to begin again.</summary>
    CommitsRefused,

    /// <summary>A task that was kept warm is taken over without what its changelog got since.</summary>
    WarmTailNotRestored,

    /// <summary>What the first poll brings of a partition that was just assigned is taken for read and thrown away.</summary>
    FirstRecordsSkipped,

    /// <summary>A partition is read as far as its last record, not past the ends of transactions behind it.</summary>
    PositionOfRecords,

    /// <summary>With a record that is refused its neighbour is lost.</summary>
    NeighbourLost,

    /// <summary>A record without value goes through a shuffle as one with a value.</summary>
    TombstoneBecomesValue,

    /// <summary>Keys are hashed to the partition beside theirs, now and then.</summary>
    WrongPartition,

    /// <summary>Committed offsets are gone when a task starts, while its state is not.</summary>
    OffsetsForgotten,

    /// <summary>A record whose answer was lost is written a second time.</summary>
    SentTwice,

    /// <summary>A record that goes through a shuffle gets the time at which it was written.</summary>
    EventTimeLost,

    /// <summary>Late records are dropped without a word.</summary>
    LateRecordsLost,

    /// <summary>Entries of a changelog that delete a key are not written.</summary>
    DeletionsNotLogged,

    /// <summary>Two keys of a store that begin alike are one.</summary>
    KeysCutShort,

    /// <summary>Records of which something failed are skipped without a trace, though they were to be set aside.</summary>
    DeadLettersLost,

    /// <summary>The last partition of a topic with several is not read.</summary>
    PartitionOverlooked,

    /// <summary>Bytes that are no text are taken for an absent value.</summary>
    MalformedBecomesTombstone,

    /// <summary>An offset that a stranger in the group has committed is taken for the application's own.</summary>
    StrangerTrusted,
}
