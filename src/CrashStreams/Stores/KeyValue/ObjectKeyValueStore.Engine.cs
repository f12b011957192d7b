using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// The cache over an engine. Layout (Kafka Streams): key → <c>timestamp (8) · value</c> in a timestamped store, key → <c>value</c> in a plain one.
/// </summary>
internal sealed partial class ObjectKeyValueStore<TKey, TValue>
{
    private readonly int _prefixLength = isTimestamped ? sizeof(long) : 0;
    private StoreEngine? _engine;
    private ChangedEntries? _changed;
    private CacheSize _size;

    public override StoreEngine? Engine => _engine;

    public override string Kind => kind;

    public override long CachedBytes => _size.Of(_entries.Count);

    public override long DirtyBytes => _engine is null ? 0 : _size.OfDirty(_dirty.Count);

    public override void Attach(StoreEngine engine)
    {
        _engine = engine;
        _changed = new();
    }

    public override void Restored()
    {
    }

    public override void Evict(long bytes)
    {
        // Without an engine nobody else has the entries.
        if (_engine is null)
            return;
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
        foreach (ref readonly var change in CollectionsMarshal.AsSpan(_dirty))
        {
            var key = change.Key;
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (!TrySerialize(changelog, key, in entry, out var size))
            {
                Forget(key);
                continue;
            }

            _size.Resize(entry.Size, entry.IsPresent ? size : 0);
            entry.Size = size;
            entry.IsDirty = false;
            entry.IsUsed = true;
            if (!entry.IsPresent)
                _entries.Remove(key);
        }

        _dirty.Clear();
        if (_order is not null)
            Unorder();
        _changed!.Sort();
        foreach (ref readonly var entry in _changed.InOrder)
        {
            var key = _changed.Key(in entry);
            var value = _changed.Value(in entry);
            var record = new LogRecord
            {
                Key = key, HasKey = true, Value = entry.IsPresent ? value[_prefixLength..] : default, HasValue = entry.IsPresent, Timestamp = entry.Timestamp,
            };
            if (ChangelogTopic is not null && !changelog.Append(this, in record))
                Forget(keySerde.Deserialize(key));
            else if (entry.IsPresent)
                _engine!.Put(key, value);
            else
                _engine!.Delete(key);
        }

        _changed.Clear();
    }

    // The engine has what the key had at the last commit.
    private void Forget(TKey key)
    {
        if (_entries.Remove(key, out var entry))
            _size.Resize(entry.Size, 0);
    }

    private bool TrySerialize(IChangelogWriter changelog, TKey key, in Entry entry, out int size)
    {
        try
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

            size = _changed.End(entry.IsPresent, entry.Timestamp);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _changed!.Abandon();
            size = 0;
            changelog.Refuse(this, e);
            return false;
        }
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
}
