namespace CrashStreams.Stores;

/// <summary>A store of values by key. Iteration is in the order of the serialized keys, as in Kafka Streams.</summary>
public interface IReadOnlyKeyValueStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The value of a key; false when there is none.</summary>
    bool TryGet(TKey key, out TValue value);

    /// <summary>All entries, as they are when the iteration begins.</summary>
    IEnumerable<KeyValuePair<TKey, TValue>> All();

    /// <summary>The entries whose serialized keys lie between both, inclusive, as they are when the iteration begins.</summary>
    IEnumerable<KeyValuePair<TKey, TValue>> Range(TKey from, TKey to);

    /// <summary>The number of entries; over a state engine an estimate, without those changed since the last commit.</summary>
    long Count { get; }
}

/// <summary>A store of values by key that its processor may change.</summary>
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
