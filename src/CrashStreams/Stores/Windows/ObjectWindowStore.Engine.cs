using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// The cache over an engine. Layout (Kafka Streams' time-ordered window stores), so that a closing window is one scan and expiry one range:
/// <code>
/// 0 (1) · start (8) · key · sequence (4, zero) → timestamp (8) · value
/// </code>
/// </summary>
internal sealed partial class ObjectWindowStore<TKey, TValue>
{
    private const byte Prefix = 0;
    private const int KeyOffset = 1 + sizeof(long);

    private readonly ByteBuffer _engineKey = new();
    private StoreEngine? _engine;
    private ChangedEntries? _changed;
    private CacheSize _size;
    private long _deleteBefore;

    public override StoreEngine? Engine => _engine;

    public override string Kind => kind;

    public override long CachedBytes => _size.Of(CachedEntries());

    public override long DirtyBytes => _engine is null ? 0 : _size.OfDirty(_dirty.Sum(static b => b.Dirty.Count));

    public override void Attach(StoreEngine engine)
    {
        _engine = engine;
        _changed = new();
    }

    /// <summary>From now on a start that is not known here is not in the engine either.</summary>
    public override void Restored()
    {
        if (_engine is null)
            return;
        for (long? start = FirstStartFrom(0); start is { } found; start = FirstStartFrom(found + 1))
        {
            _buckets.Add(found, new(found, isComplete: false));
            _latestStart = found;
        }
    }

    public override void Evict(long bytes)
    {
        // Without an engine nobody else has the entries.
        if (_engine is null)
            return;
        // Twice: whoever was used since the last time gets another chance. The oldest windows first: they get no records any more.
        for (var pass = 0; pass < 2 && CachedBytes > bytes; pass++)
        {
            foreach (var bucket in _buckets.Values)
            {
                Evict(bucket, bytes);
                if (CachedBytes <= bytes)
                    break;
            }
        }
    }

    private void Evict(WindowBucket<TKey, TValue> bucket, long bytes)
    {
        var left = CachedBytes;
        foreach (var key in bucket.Entries.Keys)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(bucket.Entries, key);
            if (entry.IsDirty)
                continue;
            if (entry.IsUsed)
            {
                entry.IsUsed = false;
                continue;
            }

            _size.Resize(entry.Size, 0);
            bucket.IsComplete = false;
            left -= entry.Size + CacheSize.PerEntry;
            bucket.Entries.Remove(key);
            if (left <= bytes)
                break;
        }
    }

    private void Forget(WindowBucket<TKey, TValue> bucket)
    {
        bucket.IsExpired = true;
        foreach (var entry in bucket.Entries.Values)
            _size.Resize(entry.Size, 0);
    }

    private int CachedEntries()
    {
        var count = 0;
        for (var i = 0; i < _buckets.Count; i++)
            count += _buckets.GetValueAtIndex(i).Entries.Count;
        return count;
    }

    private long? FirstStartFrom(long startMs)
    {
        SetEngineKey(startMs);
        using var scan = _engine!.Scan(_engineKey.Written, default);
        return scan.MoveNext() ? BinaryPrimitives.ReadInt64BigEndian(scan.Key[1..]) : null;
    }

    // The window may be in the engine: it is looked up once, and remembered if it isn't.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Load(long startMs, TKey key, ref WindowEntry<TValue> entry)
    {
        SetEngineKey(startMs);
        keySerde.Serialize(key, _engineKey);
        _engineKey.WriteInt32(0);
        if (!_engine!.TryGet(_engineKey.Written, _valueBytes))
            return;
        (entry.Value, entry.Timestamp) = Read(_valueBytes.Written);
        entry.IsPresent = true;
        entry.IsUsed = true;
        entry.Size = _engineKey.Length + _valueBytes.Length;
        _size.Resize(0, entry.Size);
    }

    private (TValue Value, long Timestamp) Read(ReadOnlySpan<byte> bytes) =>
        (valueSerde.Deserialize(bytes[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(bytes));

    private void SetEngineKey(long startMs)
    {
        _engineKey.Clear();
        _engineKey.GetSpan(1)[0] = Prefix;
        _engineKey.Advance(1);
        _engineKey.WriteInt64(startMs);
    }

    // The bucket's entries in the engine, and over them what was changed since the last commit.
    private List<(TKey Key, WindowEntry<TValue> Entry)> Merged(WindowBucket<TKey, TValue> bucket)
    {
        var changed = bucket.Dirty.ConvertAll(change => (Bytes: Bytes(change.Key), change.Key, Entry: bucket.Entries[change.Key]));
        changed.Sort((a, b) => KeyOrder.Instance.Compare(a.Bytes, b.Bytes));
        var merged = new List<(TKey Key, WindowEntry<TValue> Entry)>();
        SetEngineKey(bucket.StartMs);
        var from = _engineKey.Written.ToArray();
        SetEngineKey(bucket.StartMs + 1);
        using var scan = _engine!.Scan(from, _engineKey.Written);
        var hasScanned = scan.MoveNext();
        for (var i = 0; hasScanned || i < changed.Count;)
        {
            var order = !hasScanned ? 1 : i == changed.Count ? -1 : KeyOf(scan.Key).SequenceCompareTo(changed[i].Bytes);
            if (order < 0)
            {
                var (value, timestamp) = Read(scan.Value);
                merged.Add((keySerde.Deserialize(KeyOf(scan.Key)), new() { Value = value, Timestamp = timestamp, IsPresent = true }));
            }
            else
            {
                if (changed[i].Entry.IsPresent)
                    merged.Add((changed[i].Key, changed[i].Entry));
                i++;
            }

            if (order <= 0)
                hasScanned = scan.MoveNext();
        }

        return merged;
    }

    private static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> engineKey) => engineKey[KeyOffset..^SequenceSize];

    private void FlushToEngine(IChangelogWriter changelog)
    {
        foreach (var bucket in _dirty.OrderBy(static b => b.StartMs))
        {
            foreach (ref readonly var change in CollectionsMarshal.AsSpan(bucket.Dirty))
            {
                var key = change.Key;
                ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(bucket.Entries, key);
                if (!TrySerialize(changelog, bucket.StartMs, key, in entry, out var size))
                {
                    Forget(bucket, key);
                    continue;
                }

                if (!bucket.IsExpired)
                    _size.Resize(entry.Size, entry.IsPresent ? size : 0);
                entry.Size = size;
                entry.IsDirty = false;
                entry.IsUsed = true;
                if (!entry.IsPresent)
                    bucket.Entries.Remove(key);
            }

            bucket.Dirty.Clear();
            _changed!.Sort(suffixLength: sizeof(long) + SequenceSize);
            foreach (ref readonly var entry in _changed.InOrder)
                Write(changelog, bucket, in entry);
            _changed.Clear();
        }

        _dirty.Clear();
        if (_deleteBefore <= 0)
            return;
        // Last, because it also takes what had expired and was written for the changelog's sake.
        DeleteBefore(_deleteBefore);
        _deleteBefore = 0;
    }

    private void DeleteBefore(long startMs)
    {
        SetEngineKey(0);
        var from = _engineKey.Written.ToArray();
        SetEngineKey(startMs);
        _engine!.DeleteRange(from, _engineKey.Written);
    }

    private void Write(IChangelogWriter changelog, WindowBucket<TKey, TValue> bucket, in ChangedEntries.Entry entry)
    {
        var key = _changed!.Key(in entry);
        var value = _changed.Value(in entry);
        var record = new LogRecord
        {
            Key = key, HasKey = true, Value = entry.IsPresent ? value[sizeof(long)..] : default, HasValue = entry.IsPresent, Timestamp = entry.Timestamp,
        };
        var bareKey = key[..^(sizeof(long) + SequenceSize)];
        if (ChangelogTopic is not null && !changelog.Append(this, in record))
        {
            Forget(bucket, keySerde.Deserialize(bareKey));
            return;
        }

        SetEngineKey(bucket.StartMs);
        _engineKey.Write(bareKey);
        _engineKey.WriteInt32(0);
        if (entry.IsPresent)
            _engine!.Put(_engineKey.Written, value);
        else
            _engine!.Delete(_engineKey.Written);
    }

    // The engine has what the window had at the last commit.
    private void Forget(WindowBucket<TKey, TValue> bucket, TKey key)
    {
        bucket.IsComplete = false;
        if (bucket.Entries.Remove(key, out var entry) && !bucket.IsExpired)
            _size.Resize(entry.Size, 0);
    }

    private bool TrySerialize(IChangelogWriter changelog, long startMs, TKey key, in WindowEntry<TValue> entry, out int size)
    {
        try
        {
            _changed!.BeginKey();
            keySerde.Serialize(key, _changed.Bytes);
            _changed.Bytes.WriteInt64(startMs);
            _changed.Bytes.WriteInt32(0);
            _changed.BeginValue();
            if (entry.IsPresent)
            {
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
        _engineKey.Clear();
        SetEngineKey(StartOf(record.Key));
        _engineKey.Write(record.Key[..^(sizeof(long) + SequenceSize)]);
        _engineKey.Write(record.Key[^SequenceSize..]);
        if (!record.HasValue)
        {
            _engine!.Delete(_engineKey.Written);
            return;
        }

        _valueBytes.Clear();
        _valueBytes.WriteInt64(record.Timestamp);
        _valueBytes.Write(record.Value);
        _engine!.Put(_engineKey.Written, _valueBytes.Written);
    }
}
