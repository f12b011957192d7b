using CrashStreams.Log;

namespace CrashStreams.State;

/// <summary>What a task does with every store, whatever its types.</summary>
internal interface IStateStore
{
    string Name { get; }

    /// <summary>The topic that makes the store fault tolerant, or null when it has none.</summary>
    string? ChangelogTopic { get; }

    /// <summary>Hands the entries changed since the last flush to the changelog and makes them clean.</summary>
    void Flush(IChangelogWriter changelog);

    /// <summary>Applies one record of the changelog.</summary>
    void Restore(in LogRecord record);
}

/// <summary>Where changed entries go at a commit.</summary>
internal interface IChangelogWriter
{
    /// <param name="store">The store whose changelog is meant.</param>
    /// <param name="record">Key, value or tombstone, and the timestamp that belongs to the value.</param>
    void Append(IStateStore store, in LogRecord record);
}
