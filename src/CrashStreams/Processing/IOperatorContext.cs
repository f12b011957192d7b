using CrashStreams.Faults;
using CrashStreams.Time;

namespace CrashStreams.Processing;

/// <summary>What the library's own operators may ask of the task that runs them, beyond what users' processors may.</summary>
internal interface IOperatorContext : IProcessorContext
{
    /// <summary>The operator's node.</summary>
    string Node { get; }

    /// <summary>Whether the caller is the thread whose turn it is.</summary>
    bool IsInTurn { get; }

    /// <summary>What to throw at a caller that is not; the application fails with it too.</summary>
    Exception Misused(string action);

    StreamsOptions Options { get; }

    TaskClock Clock { get; }

    /// <summary>The record in process, in its original bytes.</summary>
    RecordInProcess Current { get; }

    IRecordWriter Output { get; }

    /// <summary>The partition of its inputs that the task reads.</summary>
    int InputPartition { get; }

    /// <summary>A store that the node is connected to.</summary>
    TStore Store<TStore>(string name)
        where TStore : class;

    /// <summary>The store of a global table, as the task's thread keeps it.</summary>
    TStore GlobalStore<TStore>(string name)
        where TStore : class;

    /// <summary>Counts, reports and diverts the record in process, which came too late or claims to be from the future.</summary>
    /// <param name="reason">The tag under which it is counted.</param>
    /// <param name="timestamp">Its event time, milliseconds.</param>
    /// <param name="byMs">How late it is, or how far ahead.</param>
    /// <param name="window">The window that it missed; null for a record from the future.</param>
    /// <param name="callback">Called before the application's own callback.</param>
    void Late(string reason, long timestamp, long byMs, Window? window, Action<LateRecord>? callback = null);

    /// <summary>Applies the configured response to a fault of the record in process: returns when the record is to be skipped.</summary>
    /// <exception cref="ProcessingException">The application is to fail.</exception>
    void Fault(FaultKind kind, string reason, Exception? exception);
}
