namespace CrashStreams.Stores;

/// <summary>A store of values by key and session. It shows the sessions that its retention keeps, counted from their end.</summary>
public interface IReadOnlySessionStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a session; false when there is none with exactly these bounds.</summary>
    bool TryGet(TKey key, Window session, out TValue value);

    /// <summary>The sessions of a key, in order of end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reversed">Whether to begin with the latest end.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reversed = false);

    /// <summary>
    /// The sessions of a key that end at or after <paramref name="earliestEndMs"/> and start at or before <paramref name="latestStartMs"/>, in order of
    /// end, then start: those that overlap this time.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="earliestEndMs">The lower bound of ends, inclusive.</param>
    /// <param name="latestStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest end.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Find(TKey key, long earliestEndMs, long latestStartMs, bool reversed = false);

    /// <summary>The same, of the keys whose serialized bytes lie between both, inclusive. Those of one key are in order of end, then start.</summary>
    /// <param name="from">The lower bound of keys, inclusive.</param>
    /// <param name="to">The upper bound of keys, inclusive.</param>
    /// <param name="earliestEndMs">The lower bound of ends, inclusive.</param>
    /// <param name="latestStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether each key's sessions begin with the latest end.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Range(TKey from, TKey to, long earliestEndMs = long.MinValue, long latestStartMs = long.MaxValue, bool reversed = false);

    /// <summary>All sessions of all keys. Those of one key are in order of end, then start.</summary>
    /// <param name="reversed">Whether each key's sessions begin with the latest end.</param>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reversed = false);
}

/// <summary>A session store that its processor may change. An iteration shows changes that lie ahead of it.</summary>
public interface ISessionStore<TKey, TValue> : IReadOnlySessionStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets the value of a session; null removes it. Of a session that has expired nothing is kept.</summary>
    void Put(TKey key, Window session, TValue value);

    /// <summary>Removes a session.</summary>
    void Remove(TKey key, Window session);
}
