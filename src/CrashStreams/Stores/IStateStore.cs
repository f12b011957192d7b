using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>What a task does with every store, whatever its types.</summary>
internal interface IStateStore
{
    string Name { get; }

    /// <summary>The topic that makes the store fault tolerant, or null when it has none.</summary>
    string? ChangelogTopic { get; }

    /// <summary>What the store's bytes are of, to tell a store of another topology; null: it never lies on the instance's storage.</summary>
    string? Kind { get; }

    /// <summary>The store's bytes on the instance's storage; null when it is in memory alone.</summary>
    StoreEngine? Engine { get; }

    /// <summary>An estimate of what the store holds in memory over its engine, bytes; 0 without one.</summary>
    long CachedBytes { get; }

    /// <summary>The part of it that the next commit has to write.</summary>
    long DirtyBytes { get; }

    /// <summary>Puts the store over an engine, before anything is restored into it.</summary>
    void Attach(StoreEngine engine);

    /// <summary>Hands the entries changed since the last flush to the changelog and the engine's batch, and makes them clean.</summary>
    void Flush(IChangelogWriter changelog);

    /// <summary>Applies one record of the changelog.</summary>
    void Restore(in LogRecord record);

    /// <summary>Everything was restored: the store is used from now on.</summary>
    void Restored();

    /// <summary>Forgets clean entries that were not used lately until no more than these bytes are cached.</summary>
    void Evict(long bytes);
}

/// <summary>
/// Where changed entries go at a commit. An entry that can't be written is no reason for a commit that throws for ever: the fault policy decides, and when it says to
/// go on, the entry is taken back to what it was at the last flush (over an engine: forgotten, so that it is read again).
/// </summary>
internal interface IChangelogWriter
{
    /// <param name="store">The store whose changelog is meant.</param>
    /// <param name="record">Key, value or tombstone, and the timestamp that belongs to the value.</param>
    /// <returns>False: the log does not take the record, and the policy says to go on without it. The store takes the entry back.</returns>
    /// <exception cref="ProcessingException">The log does not take the record, and the policy says to fail.</exception>
    bool Append(IStateStore store, in LogRecord record);

    /// <summary>An entry's key or value can't be serialized. When this returns, the store takes the entry back.</summary>
    /// <param name="store">The store.</param>
    /// <param name="exception">What its serde threw.</param>
    /// <exception cref="ProcessingException">The policy says to fail.</exception>
    void Refuse(IStateStore store, Exception exception);
}
