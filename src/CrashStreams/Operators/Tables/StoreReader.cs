using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches a table.

/// <summary>Reads a table from its store.</summary>
internal sealed class StoreReader<TKey, TValue>(KeyValueStore<TKey, TValue> store) : TableReader<TKey, TValue>
{
    public override bool TryGet(TKey key, out TValue value, out long timestamp) => store.TryGet(key, out value, out timestamp);
}
