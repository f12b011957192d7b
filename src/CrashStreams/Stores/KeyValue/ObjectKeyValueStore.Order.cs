using System.Runtime.InteropServices;

namespace CrashStreams.Stores;

/// <summary>
/// The order of the keys, for ranges: made when the first is asked for, and kept up to date from then on. Over an engine it has the keys that were changed
/// since the last commit; the others are the engine's to find.
/// </summary>
internal sealed partial class ObjectKeyValueStore<TKey, TValue>
{
    private OrderedEntries? _order;
    private int _epoch;

    OrderedEntries IOrderedSource.Entries => _order ??= MakeOrder();

    int IOrderedSource.Epoch => _epoch;

    IStateIterator? IOrderedSource.ScanEngine(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed) => _engine?.Scan(from, to, reversed);

    bool IOrderedSource.IsForgotten(ReadOnlySpan<byte> key) => false;

    void IOrderedSource.Return(OrderedCursor cursor)
    {
    }

    protected internal override IEnumerable<KeyValuePair<TKey, TValue>> Between(byte[] from, byte[] to, bool reversed)
    {
        using var cursor = new OrderedCursor(this);
        cursor.Open(from, to, reversed);
        while (cursor.MoveNext())
        {
            var key = keySerde.Deserialize(cursor.Key);
            if (cursor.IsInEngine)
                yield return new(key, Read(cursor.Value).Value);
            else
                yield return new(key, _entries[key].Value);
        }
    }

    private OrderedEntries MakeOrder()
    {
        var order = new OrderedEntries();
        if (_engine is null)
        {
            foreach (var (key, entry) in _entries)
                Add(order, Bytes(key), entry.IsPresent);
        }
        else
        {
            foreach (ref readonly var change in CollectionsMarshal.AsSpan(_dirty))
                Add(order, Bytes(change.Key), _entries[change.Key].IsPresent);
        }

        return order;
    }

    private void Order(TKey key, bool isPresent)
    {
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        Add(_order!, _keyBytes.Written, isPresent);
    }

    private static void Add(OrderedEntries order, ReadOnlySpan<byte> key, bool isPresent)
    {
        var at = order.GetOrAdd(key, 0, out _);
        at.Leaf![at.Index].State = isPresent ? EntryState.Present : EntryState.None;
    }

    // What was changed is the engine's now.
    private void Unorder()
    {
        _order = null;
        _epoch++;
    }
}
