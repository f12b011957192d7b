using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Values by key, held as objects: nothing is serialized before a commit, so a key that changes a thousand times between two commits
/// costs one changelog record. Serves plain stores (the changelog carries the record's time) and timestamped ones (the value's time).
/// Without an engine it holds everything; over one it is a write-back cache.
/// </summary>
internal sealed partial class KeyValueStore<TKey, TValue>(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, bool isTimestamped, StoreContext context)
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

    public long Count => _engine?.ApproximateCount ?? _count;

    public bool TryGet(TKey key, out TValue value) => TryGet(key, out value, out _);

    public bool TryGet(TKey key, out TValue value, out long timestamp)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
        if (Unsafe.IsNullRef(ref entry) && _engine is not null)
            entry = ref Load(key);
        if (Unsafe.IsNullRef(ref entry) || !entry.IsPresent)
        {
            value = default!;
            timestamp = -1;
            return false;
        }

        entry.IsUsed = true;
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

    public IEnumerable<KeyValuePair<TKey, TValue>> All() =>
        _engine is null ? Sorted().Select(e => KeyValuePair.Create(e.Key, e.Value)) : Merged([], []);

    public IEnumerable<KeyValuePair<TKey, TValue>> Range(TKey from, TKey to)
    {
        var (low, high) = (Bytes(from), Bytes(to));
        if (KeyOrder.Instance.Compare(low, high) > 0)
            return [];
        // The first key behind the last one that is wanted.
        if (_engine is not null)
            return Merged(low, [.. high, 0]);
        return Sorted()
            .Where(e => KeyOrder.Instance.Compare(e.Bytes, low) >= 0 && KeyOrder.Instance.Compare(e.Bytes, high) <= 0)
            .Select(e => KeyValuePair.Create(e.Key, e.Value));
    }

    public void Flush(IChangelogWriter changelog)
    {
        if (_engine is not null)
        {
            FlushToEngine(changelog);
            return;
        }

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
        if (_engine is not null)
        {
            RestoreToEngine(in record);
            return;
        }

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

        /// <summary>Serialized size when it was last read or written; 0 before.</summary>
        public int Size;
        public bool IsPresent;
        public bool IsDirty;

        /// <summary>Since eviction came by the last time.</summary>
        public bool IsUsed;
    }
}
