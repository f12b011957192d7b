using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// The cache over an engine. Layout (Kafka Streams): key → <c>timestamp (8) · value</c> in a timestamped store, key → <c>value</c> in a plain one.
/// </summary>
internal sealed partial class KeyValueStore<TKey, TValue>
{
    private readonly int _prefixLength = isTimestamped ? sizeof(long) : 0;
    private StoreEngine? _engine;
    private ChangedEntries? _changed;
    private CacheSize _size;

    public StoreEngine? Engine => _engine;

    public string Kind => $"{(isTimestamped ? "timestamped " : "")}key-value {typeof(TKey)} {typeof(TValue)}";

    public long CachedBytes => _engine is null ? 0 : _size.Of(_entries.Count);

    public long DirtyBytes => _engine is null ? 0 : _size.OfDirty(_dirty.Count);

    public void Attach(StoreEngine engine)
    {
        _engine = engine;
        _changed = new();
    }

    public void Restored()
    {
    }

    public void Evict(long bytes)
    {
        // Twice: whoever was used since the last time gets another chance.
        for (var pass = 0; pass < 2 && CachedBytes > bytes; pass++)
        {
            foreach (var key in _entries.Keys)
            {
                ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
                if (entry.IsDirty)
                    continue;
                if (entry.IsUsed)
                {
                    entry.IsUsed = false;
                    continue;
                }

                _size.Resize(entry.Size, 0);
                _entries.Remove(key);
                if (CachedBytes <= bytes)
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref Entry Load(TKey key)
    {
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        if (!_engine!.TryGet(_keyBytes.Written, _valueBytes))
            return ref Unsafe.NullRef<Entry>();
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out _);
        (entry.Value, entry.Timestamp) = Read(_valueBytes.Written);
        entry.IsPresent = true;
        entry.Size = _keyBytes.Length + _valueBytes.Length;
        _size.Resize(0, entry.Size);
        return ref entry;
    }

    private (TValue Value, long Timestamp) Read(ReadOnlySpan<byte> bytes) =>
        (valueSerde.Deserialize(bytes[_prefixLength..]), isTimestamped ? BinaryPrimitives.ReadInt64BigEndian(bytes) : -1);

    private void FlushToEngine(IChangelogWriter changelog)
    {
        foreach (var key in _dirty)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            var size = Serialize(key, in entry);
            _size.Resize(entry.Size, entry.IsPresent ? size : 0);
            entry.Size = size;
            entry.IsDirty = false;
            entry.IsUsed = true;
            if (!entry.IsPresent)
                _entries.Remove(key);
        }

        _dirty.Clear();
        _changed!.Sort();
        foreach (ref readonly var entry in _changed.InOrder)
        {
            var key = _changed.Key(in entry);
            var value = _changed.Value(in entry);
            if (entry.IsPresent)
                _engine!.Put(key, value);
            else
                _engine!.Delete(key);
            if (ChangelogTopic is null)
                continue;
            changelog.Append(this, new LogRecord
            {
                Key = key, HasKey = true, Value = entry.IsPresent ? value[_prefixLength..] : default, HasValue = entry.IsPresent, Timestamp = entry.Timestamp,
            });
        }

        _changed.Clear();
    }

    private int Serialize(TKey key, in Entry entry)
    {
        _changed!.BeginKey();
        keySerde.Serialize(key, _changed.Bytes);
        _changed.BeginValue();
        if (entry.IsPresent)
        {
            if (isTimestamped)
                _changed.Bytes.WriteInt64(entry.Timestamp);
            valueSerde.Serialize(entry.Value, _changed.Bytes);
        }

        return _changed.End(entry.IsPresent, entry.Timestamp);
    }

    private void RestoreToEngine(in LogRecord record)
    {
        if (!record.HasValue)
        {
            _engine!.Delete(record.Key);
            return;
        }

        if (!isTimestamped)
        {
            _engine!.Put(record.Key, record.Value);
            return;
        }

        _valueBytes.Clear();
        _valueBytes.WriteInt64(record.Timestamp);
        _valueBytes.Write(record.Value);
        _engine!.Put(record.Key, _valueBytes.Written);
    }

    // The engine's entries as of now, and over them what was changed since the last commit.
    private IEnumerable<KeyValuePair<TKey, TValue>> Merged(byte[] from, byte[] to)
    {
        var changed = ChangedBetween(from, to);
        using var scan = _engine!.Scan(from, to);
        var hasScanned = scan.MoveNext();
        for (var i = 0; hasScanned || i < changed.Count;)
        {
            var order = !hasScanned ? 1 : i == changed.Count ? -1 : scan.Key.SequenceCompareTo(changed[i].Bytes);
            KeyValuePair<TKey, TValue> pair;
            var isPresent = true;
            if (order < 0)
            {
                pair = new(keySerde.Deserialize(scan.Key), Read(scan.Value).Value);
            }
            else
            {
                pair = new(changed[i].Key, changed[i].Entry.Value);
                isPresent = changed[i++].Entry.IsPresent;
            }

            if (order <= 0)
                hasScanned = scan.MoveNext();
            if (isPresent)
                yield return pair;
        }
    }

    private List<(byte[] Bytes, TKey Key, Entry Entry)> ChangedBetween(byte[] from, byte[] to)
    {
        var changed = _dirty.ConvertAll(key => (Bytes: Bytes(key), Key: key, Entry: _entries[key]));
        changed.RemoveAll(c => KeyOrder.Instance.Compare(c.Bytes, from) < 0 || (to.Length > 0 && KeyOrder.Instance.Compare(c.Bytes, to) >= 0));
        changed.Sort((a, b) => KeyOrder.Instance.Compare(a.Bytes, b.Bytes));
        return changed;
    }
}
