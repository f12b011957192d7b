using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Keys and values as objects: nothing is serialized before a commit, so a key that changes a thousand times between two commits costs one changelog
/// record. Without an engine it holds everything; over one it is a write-back cache.
/// </summary>
internal sealed partial class ObjectKeyValueStore<TKey, TValue>(
    string name, string kind, Serde<TKey> keySerde, Serde<TValue> valueSerde, bool isTimestamped, StoreContext context)
    : KeyValueStore<TKey, TValue>(name, context), IOrderedSource
    where TKey : notnull
{
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly List<Changed> _dirty = [];
    private readonly ByteBuffer _keyBytes = new();
    private readonly ByteBuffer _valueBytes = new();
    private long _count;

    public override long Count => _engine?.ApproximateCount ?? _count;

    public override bool TryGet(TKey key, out TValue value, out long timestamp)
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

    public override void Put(TKey key, TValue value, bool isPresent, long timestamp)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        if (!entry.IsDirty)
        {
            entry.IsDirty = true;
            _dirty.Add(new(key, entry.Value, entry.Timestamp, entry.IsPresent));
        }

        _count += (isPresent ? 1 : 0) - (entry.IsPresent ? 1 : 0);
        entry.Value = value;
        entry.Timestamp = timestamp;
        entry.IsPresent = isPresent;
        if (_order is not null)
            Order(key, isPresent);
    }

    public override void Flush(IChangelogWriter changelog)
    {
        if (_engine is not null)
        {
            FlushToEngine(changelog);
            return;
        }

        foreach (ref readonly var change in CollectionsMarshal.AsSpan(_dirty))
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, change.Key);
            entry.IsDirty = false;
            var size = entry.Size;
            if (!Append(changelog, change.Key, ref entry))
                TakeBack(in change, ref entry);
            _size.Resize(size, entry.IsPresent ? entry.Size : 0);
            if (entry.IsPresent)
                continue;
            _order?.Remove(Bytes(change.Key));
            _entries.Remove(change.Key);
        }

        _dirty.Clear();
    }

    public override void Restore(in LogRecord record)
    {
        if (_engine is not null)
        {
            RestoreToEngine(in record);
            return;
        }

        _order = null;
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

    protected override byte[] Bytes(TKey key)
    {
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        return _keyBytes.Written.ToArray();
    }

    // False: what the key had at the last commit is what it has.
    private bool Append(IChangelogWriter changelog, TKey key, ref Entry entry)
    {
        if (ChangelogTopic is null)
            return true;
        _keyBytes.Clear();
        _valueBytes.Clear();
        try
        {
            keySerde.Serialize(key, _keyBytes);
            if (entry.IsPresent)
                valueSerde.Serialize(entry.Value, _valueBytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            changelog.Refuse(this, e);
            return false;
        }

        var isTaken = changelog.Append(this, new LogRecord
        {
            Key = _keyBytes.Written,
            HasKey = true,
            Value = _valueBytes.Written,
            HasValue = entry.IsPresent,
            Timestamp = entry.Timestamp,
        });
        if (isTaken)
            entry.Size = _keyBytes.Length + _valueBytes.Length;
        return isTaken;
    }

    private void TakeBack(in Changed change, ref Entry entry)
    {
        _count += (change.WasPresent ? 1 : 0) - (entry.IsPresent ? 1 : 0);
        (entry.Value, entry.Timestamp, entry.IsPresent) = (change.Value, change.Timestamp, change.WasPresent);
        _order = null;
    }

    /// <summary>A key that was changed since the last commit, and what it had then.</summary>
    private readonly record struct Changed(TKey Key, TValue Value, long Timestamp, bool WasPresent);

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
