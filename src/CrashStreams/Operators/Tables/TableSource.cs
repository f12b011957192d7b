using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>Takes the records of a topic or stream as the updates of a table: the last one of a key by offset wins, a missing value removes it.</summary>
internal sealed class TableSource<TKey, TValue>(string? storeName) : Processor<TKey, TValue, TKey, Change<TValue>>
{
    private KeyValueStore<TKey, TValue>? _store;

    protected override void Init() => _store = storeName is null ? null : Store<KeyValueStore<TKey, TValue>>(storeName);

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            Drop(DroppedRecords.NullKey);
            return;
        }

        var before = default(TValue)!;
        var hasBefore = _store?.TryGet(record.Key, out before) ?? false;
        _store?.Put(record.Key, record.Value, record.HasValue, record.Timestamp);
        Forward(new Record<TKey, Change<TValue>>(record.Key, new(record.Value, record.HasValue, before, hasBefore), record.Timestamp, record.Headers));
    }
}
