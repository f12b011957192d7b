namespace CrashStreams.Stores;

/// <summary>All windows with the same start: found, emitted and forgotten together.</summary>
internal abstract class WindowBucket(long startMs)
{
    public long StartMs => startMs;
}

/// <summary>The entries of all windows with the same start.</summary>
internal sealed class WindowBucket<TKey, TValue>(long startMs, bool isComplete, int room = 0) : WindowBucket(startMs)
    where TKey : notnull
{
    public readonly Dictionary<TKey, WindowEntry<TValue>> Entries = new(room);
    public readonly List<Changed> Dirty = new(room);

    /// <summary>Whether the engine has nothing of this start that is not here, so that nobody needs to look there.</summary>
    public bool IsComplete { get; set; } = isComplete;

    /// <summary>Whether the store shows it no more; with the Observed clock the changelog may still be owed its entries.</summary>
    public bool IsExpired { get; set; }

    /// <summary>A key that was changed since the last commit, and what it had then.</summary>
    public readonly record struct Changed(TKey Key, TValue Value, long Timestamp, bool WasPresent);
}

/// <summary>A window's value, as an object until the next commit.</summary>
internal struct WindowEntry<TValue>
{
    public TValue Value;
    public long Timestamp;

    /// <summary>Serialized size when it was last read or written; 0 before.</summary>
    public int Size;
    public bool IsPresent;
    public bool IsDirty;

    /// <summary>Since eviction came by the last time.</summary>
    public bool IsUsed;
}
