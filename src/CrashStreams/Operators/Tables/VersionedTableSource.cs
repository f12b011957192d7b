using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>Takes the records of a topic or stream as the updates of a table that keeps its history: the value of a key at a time is that of the last update by event time.</summary>
/// <param name="storeName">The store.</param>
/// <param name="mayTie">Whether updates of a key may come from several source partitions.</param>
internal sealed class VersionedTableSource<TKey, TValue>(string storeName, bool mayTie) : Processor<TKey, TValue, TKey, Change<TValue>>
{
    private VersionedStore<TKey, TValue> _store = null!;

    protected override void Init() => _store = Store<VersionedStore<TKey, TValue>>(storeName);

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            Drop(DroppedRecords.NullKey);
            return;
        }

        var hasLatest = _store.TryGet(record.Key, long.MaxValue, long.MaxValue, out var latest, out _);
        var readAt = Task.Clock.Mode == StreamTime.Observed ? record.Timestamp : Math.Max(record.Timestamp, Task.Clock.RecordWatermark);
        var counts = true;
        var isKept = mayTie && Task.Clock.Mode == StreamTime.Watermarks
            ? _store.Put(record.Key, record.Value, record.HasValue, record.Timestamp, readAt, Task.Current.Source, Task.Current.IsUnordered, out counts)
            : _store.Put(record.Key, record.Value, record.HasValue, record.Timestamp, readAt);
        if (!isKept)
            Drop(DroppedRecords.ExpiredVersion);
        if (!isKept || !counts)
            return;

        Forward(new Record<TKey, Change<TValue>>(
            record.Key, new(record.Value, record.HasValue, latest.Value, hasLatest && latest.HasValue, isLatest: !hasLatest || record.Timestamp >= latest.Timestamp), record.Timestamp, record.Headers));
    }
}
