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
        // An aggregate that was changed in place: the store still has what it was.
        if (!typeof(TAggregate).IsValueType && ReferenceEquals(before, now) && !_store.TryGet(record.Key, out before, out _) && initializer is not null)
            before = initializer();
        // A removal is logged under the time of the record that removed.
        _store.Put(record.Key, now, now is not null, now is null ? record.Timestamp : timestamp);
        // Kafka Streams gives the first update the initializer's value as the one before. A table that is grouped behind it would take that out of a group in which it never was, if the
        // group is there by then: such a result depends on the order.
        var hasBefore = existed || (initializer is not null && Task.Clock.Mode == StreamTime.Observed);
        Forward(new Record<TKey, Change<TAggregate>>(record.Key, new(now, true, before, hasBefore), timestamp, record.Headers));
    }
}
