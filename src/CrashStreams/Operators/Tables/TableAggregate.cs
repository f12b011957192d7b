using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A row without group key never gets here.

/// <summary>
/// Folds the rows of each group: first the subtractor takes out what a row was, then the adder takes in what it is. Without initializer the first value is taken as it is.
/// A result's timestamp is the highest of those that made it.
/// </summary>
internal sealed class TableAggregate<TKey, TValue, TAggregate>(
    string storeName, Func<TAggregate>? initializer, Func<TKey, TValue, TAggregate, TAggregate> adder, Func<TKey, TValue, TAggregate, TAggregate> subtractor,
    Func<TValue, TAggregate>? first)
    : Processor<TKey, Change<TValue>, TKey, Change<TAggregate>>
{
    private KeyValueStore<TKey, TAggregate> _store = null!;

    protected override void Init() => _store = Store<KeyValueStore<TKey, TAggregate>>(storeName);

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var existed = _store.TryGet(record.Key, out var before, out var storedTime);
        var (now, hasNow) = (before, existed);
        if (change.HasBefore && existed)
            (now, hasNow) = Present(subtractor(record.Key, change.Before, before));
        var isSame = ReferenceEquals(now, before);
        if (change.HasNow && (hasNow || initializer is not null))
            (now, hasNow) = Present(adder(record.Key, change.Now, hasNow ? now : initializer!()));
        else if (change.HasNow)
            (now, hasNow) = Present(first!(change.Now));
        // An aggregate that was changed in place: the store still has what it was.
        if (existed && !typeof(TAggregate).IsValueType && (isSame || ReferenceEquals(now, before)))
            _store.TryGet(record.Key, out before, out _);
        var timestamp = existed ? Math.Max(record.Timestamp, storedTime) : record.Timestamp;
        _store.Put(record.Key, now, hasNow, hasNow ? timestamp : record.Timestamp);
        Forward(new Record<TKey, Change<TAggregate>>(record.Key, new(now, hasNow, before, existed), timestamp, record.Headers));
    }

    private static (TAggregate, bool) Present(TAggregate aggregate) => (aggregate, aggregate is not null);
}
