namespace CrashStreams.Stores;

/// <summary>A store of values by key and session. It shows the sessions that its retention keeps, counted from their end.</summary>
public interface IReadOnlySessionStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a session; false when there is none with exactly these bounds.</summary>
    bool TryGet(TKey key, Window session, out TValue value);

    /// <summary>The sessions of a key, in order of end, then start.</summary>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key);

    /// <summary>
    /// The sessions of a key that end at or after <paramref name="earliestEndMs"/> and start at or before <paramref name="latestStartMs"/>, in order of
    /// end, then start: those that overlap this time.
    /// </summary>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Find(TKey key, long earliestEndMs, long latestStartMs);

    /// <summary>All sessions of all keys. Those of one key are in order of end, then start.</summary>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All();
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
