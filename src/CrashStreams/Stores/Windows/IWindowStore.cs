namespace CrashStreams.Stores;

/// <summary>A store of values by key and window start. It shows the windows that its retention keeps.</summary>
public interface IReadOnlyWindowStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a key in the window that starts at <paramref name="startMs"/>; false when there is none.</summary>
    bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value);

    /// <summary>The windows of a key with starts between both, inclusive, in order of start.</summary>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(TKey key, long fromStartMs, long toStartMs);

    /// <summary>All windows of all keys, in order of start, then serialized key.</summary>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All();
}

/// <summary>A window store that its processor may change.</summary>
public interface IWindowStore<TKey, TValue> : IReadOnlyWindowStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets the value of a key in the window that starts at <paramref name="startMs"/>; null removes it. Of a window that has expired nothing is kept.</summary>
    void Put(TKey key, long startMs, TValue value, long timestamp);
}
