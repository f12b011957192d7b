namespace CrashStreams.Stores;

/// <summary>A store of values by key and window start. It shows the windows that its retention keeps.</summary>
public interface IReadOnlyWindowStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a key in the window that starts at <paramref name="startMs"/>; false when there is none.</summary>
    bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value);

    /// <summary>The windows of a key with starts between both, inclusive, in order of start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fromStartMs">The lower bound, inclusive.</param>
    /// <param name="toStartMs">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest start.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(TKey key, long fromStartMs, long toStartMs, bool reversed = false);

    /// <summary>The windows of all keys with starts between both, inclusive, in order of start, then serialized key.</summary>
    /// <param name="fromStartMs">The lower bound, inclusive.</param>
    /// <param name="toStartMs">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest start and the last key.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(long fromStartMs, long toStartMs, bool reversed = false);

    /// <summary>
    /// The windows of the keys whose serialized bytes lie between both, inclusive, with starts between both, in order of start, then serialized key. It reads what <see cref="FetchAll"/> reads.
    /// </summary>
    /// <param name="from">The lower bound of keys, inclusive.</param>
    /// <param name="to">The upper bound of keys, inclusive.</param>
    /// <param name="fromStartMs">The lower bound of starts, inclusive.</param>
    /// <param name="toStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest start and the last key.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Range(TKey from, TKey to, long fromStartMs, long toStartMs, bool reversed = false);

    /// <summary>All windows of all keys, in order of start, then serialized key.</summary>
    /// <param name="reversed">Whether to begin with the latest start and the last key.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reversed = false);
}

/// <summary>A window store that its processor may change.</summary>
public interface IWindowStore<TKey, TValue> : IReadOnlyWindowStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets the value of a key in the window that starts at <paramref name="startMs"/>; null removes it. Of a window that has expired nothing is kept.</summary>
    void Put(TKey key, long startMs, TValue value, long timestamp);
}
