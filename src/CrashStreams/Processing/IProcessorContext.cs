using CrashStreams.Stores;

namespace CrashStreams.Processing;

/// <summary>What a processor may ask of the task that runs it.</summary>
public interface IProcessorContext
{
    /// <summary>The application's id.</summary>
    string ApplicationId { get; }

    /// <summary>The task: sub-topology and partition.</summary>
    TaskId TaskId { get; }

    /// <summary>The topic of the record in process; empty during punctuation.</summary>
    string Topic { get; }

    /// <summary>The partition of the record in process; -1 during punctuation.</summary>
    int Partition { get; }

    /// <summary>The offset of the record in process; -1 during punctuation.</summary>
    long Offset { get; }

    /// <summary>The timestamp of the record that entered the task, milliseconds; during punctuation its time.</summary>
    long Timestamp { get; }

    /// <summary>The task's stream time: the highest timestamp it has read, milliseconds; -1 before the first record.</summary>
    long StreamTime { get; }

    /// <summary>
    /// How far the task is in event time, milliseconds: all inputs that are waited for have passed it, so windows that end before are complete. It is state, and survives restarts. -1 while nothing
    /// is known, and always with <see cref="StreamTime.Observed"/>.
    /// </summary>
    long Watermark { get; }

    /// <summary>The wall clock, milliseconds since the Unix epoch.</summary>
    long WallClock { get; }

    /// <summary>A store that the processor was connected to by name.</summary>
    /// <exception cref="TopologyException">The processor is not connected to such a store, or it is of another type.</exception>
    IKeyValueStore<TKey, TValue> KeyValueStore<TKey, TValue>(string name)
        where TKey : notnull;

    /// <summary>A window store that the processor was connected to by name.</summary>
    /// <exception cref="TopologyException">The processor is not connected to such a store, or it is of another type.</exception>
    IWindowStore<TKey, TValue> WindowStore<TKey, TValue>(string name)
        where TKey : notnull;

    /// <summary>A session store that the processor was connected to by name.</summary>
    /// <exception cref="TopologyException">The processor is not connected to such a store, or it is of another type.</exception>
    ISessionStore<TKey, TValue> SessionStore<TKey, TValue>(string name)
        where TKey : notnull;

    /// <summary>A versioned store that the processor was connected to by name.</summary>
    /// <exception cref="TopologyException">The processor is not connected to such a store, or it is of another type.</exception>
    IVersionedStore<TKey, TValue> VersionedStore<TKey, TValue>(string name)
        where TKey : notnull;

    /// <summary>
    /// Calls back periodically. On stream time: with the first record, then when stream time passes each multiple of the interval;
    /// on the wall clock: likewise from now on; on the watermark: whenever <see cref="Watermark"/> moves to or past a multiple of the interval. Ticks that were missed are skipped. Dispose the answer
    /// to stop.
    /// </summary>
    /// <param name="interval">At least one millisecond.</param>
    /// <param name="type">Which time.</param>
    /// <param name="callback">Gets that time in milliseconds.</param>
    /// <exception cref="TopologyException">The watermark is asked for, and the application has none (<see cref="StreamTime.Observed"/>).</exception>
    IDisposable Schedule(TimeSpan interval, PunctuationType type, Action<long> callback);

    /// <summary>Counts the record in process as dropped (<c>crashstreams.records.dropped</c>), under a reason: a processor that does not forward a record for good cause says so.</summary>
    /// <param name="reason">A short, constant text; the metric's tag.</param>
    void Drop(string reason);

    /// <summary>Asks for a commit soon: at the end of the thread's turn, some 50 ms later at most.</summary>
    void RequestCommit();
}

/// <summary>Which time drives a punctuation.</summary>
public enum PunctuationType
{
    /// <summary>The task's stream time, moved by records.</summary>
    StreamTime,

    /// <summary>The wall clock.</summary>
    WallClock,

    /// <summary>
    /// How far the task is in event time, <see cref="IProcessorContext.Watermark"/>: for processors that close windows of their own. What is forwarded is judged downstream by the instant before, as
    /// results of windows are, so windows that end there still take it.
    /// </summary>
    Watermark,
}
