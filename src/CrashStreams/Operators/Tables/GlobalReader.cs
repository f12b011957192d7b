using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A row without key is not in the table.

/// <summary>Reads a global table: the copy that the task's thread keeps.</summary>
internal sealed class GlobalReader<TKey, TValue>(IOperatorContext task, string storeName) : TableReader<TKey, TValue>
{
    private readonly KeyValueStore<TKey, TValue> _store = task.GlobalStore<KeyValueStore<TKey, TValue>>(storeName);

    public override bool TryGet(TKey key, out TValue value, out long timestamp) => _store.TryGet(key, out value, out timestamp);
}
