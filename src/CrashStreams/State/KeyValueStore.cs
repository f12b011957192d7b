using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.State;

/// <summary>
/// Values by key, held as objects: nothing is serialized before a commit, so a key that changes a thousand times between two commits
/// costs one changelog record. Serves plain stores (the changelog carries the record's time) and timestamped ones (the value's time).
/// </summary>
internal sealed class KeyValueStore<TKey, TValue>(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, StoreContext context)
    : IKeyValueStore<TKey, TValue>, IStateStore
    where TKey : notnull
{
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly List<TKey> _dirty = [];
    private readonly ByteBuffer _keyBytes = new();
    private readonly ByteBuffer _valueBytes = new();
    private long _count;

    public string Name => name;

    public string? ChangelogTopic => context.ChangelogTopic;

    public long Count => _count;

    public bool TryGet(TKey key, out TValue value) => TryGet(key, out value, out _);

    public bool TryGet(TKey key, out TValue value, out long timestamp)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry) || !entry.IsPresent)
        {
            value = default!;
            timestamp = -1;
            return false;
        }

        value = entry.Value;
        timestamp = entry.Timestamp;
        return true;
    }

    public void Put(TKey key, TValue value) => Put(key, value, value is not null, context.Clock.RecordTime);

    public void Put(TKey key, TValue value, bool isPresent, long timestamp)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        _count += (isPresent ? 1 : 0) - (entry.IsPresent ? 1 : 0);
        entry.Value = value;
        entry.Timestamp = timestamp;
        entry.IsPresent = isPresent;
        if (entry.IsDirty)
            return;
        entry.IsDirty = true;
        _dirty.Add(key);
    }

    public bool Delete(TKey key)
    {
        var existed = TryGet(key, out _);
        Put(key, default!, isPresent: false, context.Clock.RecordTime);
        return existed;
    }

    public IEnumerable<KeyValuePair<TKey, TValue>> All() => Sorted().Select(e => KeyValuePair.Create(e.Key, e.Value));

    public IEnumerable<KeyValuePair<TKey, TValue>> Range(TKey from, TKey to)
    {
        var (low, high) = (Bytes(from), Bytes(to));
        return Sorted()
            .Where(e => KeyOrder.Instance.Compare(e.Bytes, low) >= 0 && KeyOrder.Instance.Compare(e.Bytes, high) <= 0)
            .Select(e => KeyValuePair.Create(e.Key, e.Value));
    }

    public void Flush(IChangelogWriter changelog)
    {
        foreach (var key in _dirty)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            entry.IsDirty = false;
            Append(changelog, key, in entry);
            if (!entry.IsPresent)
                _entries.Remove(key);
        }

        _dirty.Clear();
    }

    public void Restore(in LogRecord record)
    {
        var key = keySerde.Deserialize(record.Key);
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        _count += (record.HasValue ? 1 : 0) - (entry.IsPresent ? 1 : 0);
        if (!record.HasValue)
        {
            _entries.Remove(key);
            return;
        }

        entry.Value = valueSerde.Deserialize(record.Value);
        entry.Timestamp = record.Timestamp;
        entry.IsPresent = true;
    }

    private void Append(IChangelogWriter changelog, TKey key, in Entry entry)
    {
        if (ChangelogTopic is null)
            return;
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        _valueBytes.Clear();
        if (entry.IsPresent)
            valueSerde.Serialize(entry.Value, _valueBytes);
        changelog.Append(this, new LogRecord
        {
            Key = _keyBytes.Written,
            HasKey = true,
            Value = _valueBytes.Written,
            HasValue = entry.IsPresent,
            Timestamp = entry.Timestamp,
        });
    }

    private List<(byte[] Bytes, TKey Key, TValue Value)> Sorted()
    {
        var all = new List<(byte[] Bytes, TKey Key, TValue Value)>(_entries.Count);
        foreach (var (key, entry) in _entries)
        {
            if (entry.IsPresent)
                all.Add((Bytes(key), key, entry.Value));
        }

        all.Sort((a, b) => KeyOrder.Instance.Compare(a.Bytes, b.Bytes));
        return all;
    }

    private byte[] Bytes(TKey key)
    {
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        return _keyBytes.Written.ToArray();
    }

    private struct Entry
    {
        public TValue Value;
        public long Timestamp;
        public bool IsPresent;
        public bool IsDirty;
    }
}
