using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Updates that wait, ordered by time and key bytes. The changelog is Kafka Streams' version 3 (header <c>v</c> = 03):
/// <code>
/// <see cref="BufferedContext"/> · prior (4 + n) · old (-2: same as prior) · new (4 + n) · time (8)
/// </code>
/// An entry that was taken is a tombstone without header.
/// </summary>
internal sealed class SuppressBuffer<TKey, TValue>(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, bool measuresBytes, StoreContext context) : IStateStore
{
    private const int SameAsPrior = -2;

    private static readonly Headers _version3 = new Headers().Add("v", [3]);

    private readonly Dictionary<SerializedKey, Entry> _entries = [];
    private readonly SortedSet<BufferKey> _order = [];
    private readonly HashSet<SerializedKey> _dirty = [];
    private readonly ByteBuffer _bytes = new();
    private readonly ByteBuffer _part = new();

    public string Name => name;

    public string? ChangelogTopic => context.ChangelogTopic;

    /// <summary>It is empty again and again, and its changelog restores all of it: it stays in memory.</summary>
    public string? Kind => null;

    public StoreEngine? Engine => null;

    public long CachedBytes => 0;

    public long DirtyBytes => 0;

    public int Count => _entries.Count;

    /// <summary>What waits takes, by Kafka Streams' estimate; 0 where nobody asks.</summary>
    public long Bytes { get; private set; }

    /// <summary>The lowest time that waits.</summary>
    public long? FirstTime => _order.Min?.Time;

    /// <summary>Holds an update back. One of a key that waits already takes the place of the one before.</summary>
    public void Put(long time, in Record<TKey, Change<TValue>> record, string topic, int partition, long offset)
    {
        var key = new SerializedKey(Serialize(keySerde, record.Key));
        Entry entry;
        if (_entries.TryGetValue(key, out var waiting))
        {
            entry = new(waiting.Time, record, waiting.Prior, waiting.HasPrior, topic, partition, offset);
        }
        else
        {
            entry = new(time, record, record.Value.Before, record.Value.HasBefore, topic, partition, offset);
            _order.Add(new(time, key.Bytes));
        }

        if (measuresBytes)
            entry = entry with { Bytes = SizeOf(key, entry) };
        Bytes += entry.Bytes - (waiting?.Bytes ?? 0);
        _entries[key] = entry;
        _dirty.Add(key);
    }

    /// <summary>Takes the first entry whose time is not after <paramref name="through"/>.</summary>
    public bool TryTake(long through, out long time, out Record<TKey, Change<TValue>> record)
    {
        time = 0;
        record = default;
        if (_order.Count == 0 || _order.Min is not { } first || first.Time > through)
            return false;
        var key = new SerializedKey(first.Bytes);
        _order.Remove(first);
        _entries.Remove(key, out var entry);
        Bytes -= entry!.Bytes;
        _dirty.Add(key);
        time = first.Time;
        var change = entry.Record.Value;
        record = entry.Record.WithValue(new Change<TValue>(change.Now, change.HasNow, entry.Prior, entry.HasPrior));
        return true;
    }

    public void Flush(IChangelogWriter changelog)
    {
        foreach (var key in _dirty)
        {
            if (ChangelogTopic is null)
                break;
            if (!TryLog(changelog, key))
                Forget(key);
        }

        _dirty.Clear();
    }

    public void Restore(in LogRecord record)
    {
        var key = new SerializedKey(record.Key.ToArray());
        Forget(key);
        if (!record.HasValue)
            return;
        var entry = Read(keySerde.Deserialize(record.Key), record.Value);
        if (measuresBytes)
            entry = entry with { Bytes = SizeOf(key, entry) };
        Bytes += entry.Bytes;
        _entries[key] = entry;
        _order.Add(new(entry.Time, key.Bytes));
    }

    public void Attach(StoreEngine engine) => throw new NotSupportedException("A suppression's buffer has no engine.");

    public void Restored()
    {
    }

    public void Evict(long bytes)
    {
    }

    private void Forget(SerializedKey key)
    {
        if (!_entries.Remove(key, out var entry))
            return;
        _order.Remove(new(entry.Time, key.Bytes));
        Bytes -= entry.Bytes;
    }

    // Kafka Streams' own estimate: buffer time, key, context, and each of the three values that is not the same as another.
    private long SizeOf(SerializedKey key, Entry entry)
    {
        var change = entry.Record.Value;
        var prior = entry.HasPrior ? Serialize(valueSerde, entry.Prior) : null;
        var old = change.HasBefore ? Serialize(valueSerde, change.Before) : null;
        var size = sizeof(long) + key.Bytes.Length + BufferedContext.EstimatedBytes(entry.Topic, entry.Record.Headers) + (prior?.Length ?? 0);
        if (old is not null && !prior.AsSpan().SequenceEqual(old))
            size += old.Length;
        return size + (change.HasNow ? Serialize(valueSerde, change.Now).Length : 0);
    }

    private byte[] Serialize<T>(Serde<T> serde, T value)
    {
        _part.Clear();
        serde.Serialize(value, _part);
        return _part.Written.ToArray();
    }

    // False: the update can't be written, so it is not held either.
    private bool TryLog(IChangelogWriter changelog, SerializedKey key)
    {
        var isWaiting = _entries.TryGetValue(key, out var entry);
        _bytes.Clear();
        try
        {
            if (isWaiting)
                Write(entry!);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            changelog.Refuse(this, e);
            return false;
        }

        return changelog.Append(this, new LogRecord
        {
            Key = key.Bytes, HasKey = true, Value = _bytes.Written, HasValue = isWaiting, Timestamp = -1, Headers = isWaiting ? _version3 : null,
        });
    }

    private void Write(Entry entry)
    {
        var record = entry.Record;
        new BufferedContext(record.Timestamp, entry.Offset, entry.Topic, entry.Partition, record.Headers).Write(_bytes);
        var prior = entry.HasPrior ? Serialize(valueSerde, entry.Prior) : null;
        var old = record.Value.HasBefore ? Serialize(valueSerde, record.Value.Before) : null;
        WriteSized(prior);
        if (old is null)
            _bytes.WriteInt32(BufferedContext.Null);
        else if (prior.AsSpan().SequenceEqual(old))
            _bytes.WriteInt32(SameAsPrior);
        else
            WriteSized(old);
        WriteSized(record.Value.HasNow ? Serialize(valueSerde, record.Value.Now) : null);
        _bytes.WriteInt64(entry.Time);
    }

    private Entry Read(TKey key, ReadOnlySpan<byte> bytes)
    {
        var context = BufferedContext.Read(ref bytes);
        var prior = ReadValue(ref bytes, out var priorLength);
        var old = ReadValue(ref bytes, out var oldLength);
        if (oldLength == SameAsPrior)
            (old, oldLength) = (prior, priorLength);
        var now = ReadValue(ref bytes, out var nowLength);
        var change = new Change<TValue>(now, nowLength >= 0, old, oldLength >= 0);
        var record = new Record<TKey, Change<TValue>>(key, change, context.Timestamp, context.Headers);
        return new(BufferedContext.ReadInt64(ref bytes), record, prior, priorLength >= 0, context.Topic, context.Partition, context.Offset);
    }

    private TValue ReadValue(ref ReadOnlySpan<byte> bytes, out int length)
    {
        var value = BufferedContext.ReadSized(ref bytes, out length);
        return length < 0 ? default! : valueSerde.Deserialize(value);
    }

    private void WriteSized(byte[]? value)
    {
        _bytes.WriteInt32(value?.Length ?? BufferedContext.Null);
        _bytes.Write(value);
    }

    private sealed record Entry(long Time, Record<TKey, Change<TValue>> Record, TValue Prior, bool HasPrior, string Topic, int Partition, long Offset, long Bytes = 0);

    private sealed class BufferKey(long time, byte[] bytes) : IComparable<BufferKey>
    {
        public long Time => time;

        public byte[] Bytes => bytes;

        public int CompareTo(BufferKey? other)
        {
            var byTime = time.CompareTo(other!.Time);
            return byTime != 0 ? byTime : KeyOrder.Instance.Compare(bytes, other.Bytes);
        }
    }
}
