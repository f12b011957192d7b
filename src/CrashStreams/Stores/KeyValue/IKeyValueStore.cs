namespace CrashStreams.Stores;

/// <summary>
/// A store of values by key. Two keys are the same when their serialized bytes are. Iteration is in the order of these bytes, as in Kafka Streams, and
/// costs what it returns; the store may be changed meanwhile, and the iteration shows changes that lie ahead of it.
/// </summary>
public interface IReadOnlyKeyValueStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a key; false when there is none.</summary>
    bool TryGet(TKey key, out TValue value);

    /// <summary>All entries.</summary>
    /// <param name="reversed">Whether to begin with the last key.</param>
    IEnumerable<KeyValuePair<TKey, TValue>> All(bool reversed = false);

    /// <summary>The entries whose serialized keys lie between both, inclusive.</summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether to begin with the last key.</param>
    IEnumerable<KeyValuePair<TKey, TValue>> Range(TKey from, TKey to, bool reversed = false);

    /// <summary>The entries whose serialized keys begin with the bytes of a prefix: <c>Prefix("user-", Serdes.String)</c>.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="serde">Writes it.</param>
    /// <param name="reversed">Whether to begin with the last key.</param>
    IEnumerable<KeyValuePair<TKey, TValue>> Prefix<TPrefix>(TPrefix prefix, Serde<TPrefix> serde, bool reversed = false);

    /// <summary>The number of entries; over a state engine an estimate, without those changed since the last commit.</summary>
    long Count { get; }
}

/// <summary>
/// A store of values by key that its processor may change. A value of a type that can be changed in place is kept as its bytes: what is read is a copy, and
/// changing it changes the store only when it is put. See <see cref="Serde{T}.ValuesAreImmutable"/>.
/// </summary>
public interface IKeyValueStore<TKey, TValue> : IReadOnlyKeyValueStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets the value of a key; null removes it.</summary>
    void Put(TKey key, TValue value);

    /// <summary>Removes a key; false when it was not there.</summary>
    bool Delete(TKey key);
}

/// <summary>A value with the event time that it belongs to.</summary>
/// <param name="Value">The value.</param>
/// <param name="Timestamp">Milliseconds since the Unix epoch.</param>
public readonly record struct ValueAndTimestamp<TValue>(TValue Value, long Timestamp);
