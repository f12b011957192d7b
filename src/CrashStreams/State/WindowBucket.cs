namespace CrashStreams.State;

/// <summary>The entries of all windows with the same start: found, emitted and forgotten together.</summary>
internal sealed class WindowBucket<TKey, TValue>(long startMs)
    where TKey : notnull
{
    public readonly Dictionary<TKey, WindowEntry<TValue>> Entries = [];
    public readonly List<TKey> Dirty = [];

    public long StartMs => startMs;
}

/// <summary>A window's value, as an object until the next commit.</summary>
internal struct WindowEntry<TValue>
{
    public TValue Value;
    public long Timestamp;
    public bool IsPresent;
    public bool IsDirty;
}
