using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>Folds the values of each key. Without initializer it reduces: the first value is taken by <paramref name="first"/>.</summary>
internal sealed class StreamAggregate<TKey, TValue, TAggregate>(
    string storeName, Func<TAggregate>? initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Func<TValue, TAggregate>? first)
    : Processor<TKey, TValue, TKey, Change<TAggregate>>
{
    private KeyValueStore<TKey, TAggregate> _store = null!;

    protected override void Init() => _store = Store<KeyValueStore<TKey, TAggregate>>(storeName);

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            Drop(DroppedRecords.NullKeyOrValue);
            return;
        }

        var existed = _store.TryGet(record.Key, out var before, out var timestamp);
        timestamp = existed ? Math.Max(timestamp, record.Timestamp) : record.Timestamp;
        if (!existed && initializer is not null)
            before = initializer();
        var now = existed || initializer is not null ? aggregator(record.Key, record.Value, before) : first!(record.Value);
        // A removal is logged under the time of the record that removed.
        _store.Put(record.Key, now, now is not null, now is null ? record.Timestamp : timestamp);
        Forward(new Record<TKey, Change<TAggregate>>(
            record.Key, new(now, true, before, existed || initializer is not null), timestamp, record.Headers));
    }
}
