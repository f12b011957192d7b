using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches a table.

/// <summary>Reads a windowed table from its store.</summary>
internal sealed class WindowStoreReader<TKey, TValue>(WindowStore<TKey, TValue> store) : TableReader<Windowed<TKey>, TValue>
{
    public override bool TryGet(Windowed<TKey> key, out TValue value, out long timestamp)
    {
        var exists = store.TryGet(key.Key, key.Window.StartMs, out var entry);
        (value, timestamp) = (entry.Value, entry.Timestamp);
        return exists;
    }
}
