using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches a table.

/// <summary>An operator that gives a table, which may be kept in a store: the values before are those of the store then.</summary>
internal abstract class TableProcessor<TKey, TIn, TOut>(string? storeName) : Processor<TKey, Change<TIn>, TKey, Change<TOut>>
{
    private KeyValueStore<TKey, TOut>? _store;

    protected override void Init() => _store = storeName is null ? null : Store<KeyValueStore<TKey, TOut>>(storeName);

    /// <summary>The value that the store holds; false without one, or without a store.</summary>
    protected bool TryGetStored(TKey key, out TOut value)
    {
        value = default!;
        return _store is not null && _store.TryGet(key, out value);
    }

    protected bool HasStore => _store is not null;

    /// <summary>Keeps a row and forwards its update.</summary>
    protected void Update(in Record<TKey, Change<TIn>> cause, TOut now, bool hasNow, TOut before, bool hasBefore, long timestamp)
    {
        if (_store is not null)
        {
            hasBefore = _store.TryGet(cause.Key, out before);
            _store.Put(cause.Key, now, hasNow && now is not null, timestamp);
        }

        Forward(new Record<TKey, Change<TOut>>(cause.Key, new(now, hasNow, before, hasBefore, cause.Value.IsLatest), timestamp, cause.Headers));
    }
}
