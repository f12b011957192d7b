namespace CrashStreams.Faults;

/// <summary>What decides about a record that a task can't process: the record itself, the application's options, the counters and the way out to side topics.</summary>
internal interface IRecordScope
{
    StreamsOptions Options { get; }

    /// <summary>The record in process, in its original bytes.</summary>
    RecordInProcess Current { get; }

    DroppedRecords Dropped { get; }

    IRecordWriter Output { get; }
}
