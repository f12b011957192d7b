namespace CrashStreams.Faults;

/// <summary>What decides about a record that a task can't process: the record itself, the settings, the counters and the way out to side topics.</summary>
internal interface IRecordScope
{
    FaultOptions Faults { get; }

    /// <summary>Where late records go; null: nowhere.</summary>
    string? LateTopic { get; }

    /// <summary>Called for each late record.</summary>
    Action<LateRecord>? OnLate { get; }

    /// <summary>The record in process, in its original bytes.</summary>
    RecordInProcess Current { get; }

    DroppedRecords Dropped { get; }

    IRecordWriter Output { get; }
}
