using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Updates that wait, ordered by time and key bytes. The changelog is Kafka Streams' version 3 (header <c>v</c> = 03):
/// <code>
/// <see cref="BufferedContext"/> · prior (4 + n) · old (-2: same as prior) · new (4 + n) · time (8)
/// </code>
/// An entry that was taken is a tombstone without header.
/// </summary>
internal sealed class SuppressBuffer<TKey, TValue>(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, StoreContext context) : IStateStore
{
    private const int SameAsPrior = -2;

    private static readonly Headers _version3 = new Headers().Add("v", [3]);

    private readonly Dictionary<BufferKey, Entry> _entries = [];
    private readonly SortedSet<BufferKey> _order = [];
    private readonly HashSet<BufferKey> _dirty = [];
    private readonly ByteBuffer _bytes = new();

    public string Name => name;

    public string? ChangelogTopic => context.ChangelogTopic;

    /// <summary>It is empty again and again, and its changelog restores all of it: it stays in memory.</summary>
    public string? Kind => null;

    public StoreEngine? Engine => null;

    public long CachedBytes => 0;

    public long DirtyBytes => 0;

    public int Count => _entries.Count;

    /// <summary>The lowest time that waits.</summary>
    public long? FirstTime => _order.Min?.Time;

    public void Put(long time, in Record<TKey, Change<TValue>> record, string topic, int partition, long offset)
    {
        var key = new BufferKey(time, Bytes(keySerde, record.Key));
        var hasPrior = _entries.TryGetValue(key, out var waiting) ? waiting.HasPrior : record.Value.HasBefore;
        var prior = waiting is not null ? waiting.Prior : record.Value.Before;
        _entries[key] = new(record, prior, hasPrior, topic, partition, offset);
        _order.Add(key);
        _dirty.Add(key);
    }

    /// <summary>Takes the first entry whose time is not after <paramref name="through"/>.</summary>
    public bool TryTake(long through, out long time, out Record<TKey, Change<TValue>> record)
    {
        time = 0;
        record = default;
        if (_order.Count == 0 || _order.Min is not { } key || key.Time > through)
            return false;
        var entry = _entries[key];
        _order.Remove(key);
        _entries.Remove(key);
        _dirty.Add(key);
        time = key.Time;
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
            var isWaiting = _entries.TryGetValue(key, out var entry);
            _bytes.Clear();
            if (isWaiting)
                Write(key, entry!);
            changelog.Append(this, new LogRecord
            {
                Key = key.Bytes, HasKey = true, Value = _bytes.Written, HasValue = isWaiting, Timestamp = -1, Headers = isWaiting ? _version3 : null,
            });
        }

        _dirty.Clear();
    }

    public void Restore(in LogRecord record)
    {
        var bytes = record.Key.ToArray();
        if (!record.HasValue)
        {
            _order.RemoveWhere(k => k.Bytes.AsSpan().SequenceEqual(bytes));
            foreach (var key in _entries.Keys.Where(k => k.Bytes.AsSpan().SequenceEqual(bytes)).ToList())
                _entries.Remove(key);
            return;
        }

        var (time, entry) = Read(keySerde.Deserialize(bytes), record.Value);
        var at = new BufferKey(time, bytes);
        _entries[at] = entry;
        _order.Add(at);
    }

    public void Attach(StoreEngine engine) => throw new NotSupportedException("A suppression's buffer has no engine.");

    public void Restored()
    {
    }

    public void Evict(long bytes)
    {
    }

    private static byte[] Bytes<T>(Serde<T> serde, T value)
    {
        var buffer = new ByteBuffer();
        serde.Serialize(value, buffer);
        return buffer.Written.ToArray();
    }

    private void Write(BufferKey key, Entry entry)
    {
        var record = entry.Record;
        new BufferedContext(record.Timestamp, entry.Offset, entry.Topic, entry.Partition, record.Headers).Write(_bytes);
        var prior = entry.HasPrior ? Bytes(valueSerde, entry.Prior) : null;
        var old = record.Value.HasBefore ? Bytes(valueSerde, record.Value.Before) : null;
        WriteSized(prior);
        if (old is null)
            _bytes.WriteInt32(BufferedContext.Null);
        else if (prior.AsSpan().SequenceEqual(old))
            _bytes.WriteInt32(SameAsPrior);
        else
            WriteSized(old);
        WriteSized(record.Value.HasNow ? Bytes(valueSerde, record.Value.Now) : null);
        _bytes.WriteInt64(key.Time);
    }

    private (long Time, Entry Entry) Read(TKey key, ReadOnlySpan<byte> bytes)
    {
        var context = BufferedContext.Read(ref bytes);
        var prior = ReadValue(ref bytes, out var priorLength);
        var old = ReadValue(ref bytes, out var oldLength);
        if (oldLength == SameAsPrior)
            (old, oldLength) = (prior, priorLength);
        var now = ReadValue(ref bytes, out var nowLength);
        var change = new Change<TValue>(now, nowLength >= 0, old, oldLength >= 0);
        var record = new Record<TKey, Change<TValue>>(key, change, context.Timestamp, context.Headers);
        return (BufferedContext.ReadInt64(ref bytes), new(record, prior, priorLength >= 0, context.Topic, context.Partition, context.Offset));
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

    private sealed record Entry(Record<TKey, Change<TValue>> Record, TValue Prior, bool HasPrior, string Topic, int Partition, long Offset);

    private sealed class BufferKey(long time, byte[] bytes) : IComparable<BufferKey>, IEquatable<BufferKey>
    {
        public long Time => time;

        public byte[] Bytes => bytes;

        public int CompareTo(BufferKey? other)
        {
            var byTime = time.CompareTo(other!.Time);
            return byTime != 0 ? byTime : KeyOrder.Instance.Compare(bytes, other.Bytes);
        }

        public bool Equals(BufferKey? other) => other is not null && CompareTo(other) == 0;

        public override bool Equals(object? obj) => Equals(obj as BufferKey);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(time);
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }
}
