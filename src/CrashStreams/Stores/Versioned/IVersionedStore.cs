namespace CrashStreams.Stores;

/// <summary>A value of a key, and from when on it holds.</summary>
/// <param name="Value">The value; the type's default when the key was removed.</param>
/// <param name="HasValue">False: the key was removed at this time.</param>
/// <param name="Timestamp">The event time from which it holds, milliseconds.</param>
public readonly record struct ValueVersion<TValue>(TValue Value, bool HasValue, long Timestamp);

/// <summary>A store that keeps the earlier values of its keys for a time, by event time.</summary>
public interface IReadOnlyVersionedStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The latest value of a key, by event time; false when there is none.</summary>
    bool TryGet(TKey key, out ValueVersion<TValue> version);

    /// <summary>The value of a key that held at a time; false when there was none, or the history does not reach back so far.</summary>
    bool TryGetAsOf(TKey key, long timestamp, out ValueVersion<TValue> version);

    /// <summary>The versions of a key that hold from times between both, inclusive, the latest first; removals included.</summary>
    IEnumerable<ValueVersion<TValue>> Versions(TKey key, long fromMs, long throughMs);

    /// <summary>The latest values of the keys whose serialized bytes lie between both, inclusive, in the order of the serialized keys.</summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, inclusive.</param>
    IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>> Range(TKey from, TKey to);

    /// <summary>The latest values of all keys, in the order of the serialized keys.</summary>
    IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>> All();
}

/// <summary>A versioned store that its processor may change.</summary>
public interface IVersionedStore<TKey, TValue> : IReadOnlyVersionedStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets the value of a key from a time on, until the next later version; null: the key has none from then on.</summary>
    /// <returns>False: the time lies before the history, and nothing was changed.</returns>
    bool Put(TKey key, TValue value, long timestamp);
}
