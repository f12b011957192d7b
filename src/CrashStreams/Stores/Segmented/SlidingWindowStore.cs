using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>A window of a key, as it is stored.</summary>
/// <param name="StartMs">Its start.</param>
/// <param name="Value">Its aggregate.</param>
/// <param name="Timestamp">The highest time of its records.</param>
internal readonly record struct StoredWindow<TValue>(long StartMs, TValue Value, long Timestamp);

/// <summary>
/// Values by key and window start, where each key has windows of its own: the windows of one key between two times are found together. Expiry is by start. Changelog (Kafka Streams):
/// <c>key · start (8) · sequence (4, zero) → value</c>, stamped with the value's time.
/// </summary>
internal sealed class SlidingWindowStore<TKey, TValue> : SegmentedStore<TKey>, IReadOnlyWindowStore<TKey, TValue>
    where TKey : notnull
{
    private readonly Serde<TValue> _valueSerde;
    private readonly long _sizeMs;

    /// <param name="name">The store's name.</param>
    /// <param name="keySerde">Writes keys.</param>
    /// <param name="valueSerde">Writes values.</param>
    /// <param name="sizeMs">From a window's start to its end.</param>
    /// <param name="retentionMs">How long a window is kept after its start.</param>
    /// <param name="context">The task.</param>
    public SlidingWindowStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long sizeMs, long retentionMs, StoreContext context)
        : this(name, keySerde, valueSerde, sizeMs, new Segments(retentionMs), context)
    {
    }

    private SlidingWindowStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long sizeMs, Segments segments, StoreContext context)
        : base(name, $"sliding {typeof(TKey)} {typeof(TValue)}", new TimestampedWindowFormat(segments), segments, keySerde, context) =>
        (_valueSerde, _sizeMs) = (valueSerde, sizeMs);

    public bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value)
    {
        value = default;
        if (startMs < ExpiredBefore || !Entries.TryGet(KeyOf(Escape(key), startMs), out var bytes))
            return false;
        value = new(_valueSerde.Deserialize(bytes[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(bytes));
        return true;
    }

    public void Put(TKey key, long startMs, TValue value, long timestamp)
    {
        ValueBytes.Clear();
        ValueBytes.WriteInt64(timestamp);
        _valueSerde.Serialize(value, ValueBytes);
        Segments.Add(Segments.Of(startMs));
        NoteAdded(startMs);
        Entries.Put(KeyOf(Escape(key), startMs), ValueBytes.Written, timestamp);
        Entries.Put(KeyByStart(startMs), default, timestamp);
    }

    public void Remove(TKey key, long startMs, long timestamp)
    {
        NoteRemoved(startMs);
        Entries.Delete(KeyOf(Escape(key), startMs), timestamp);
        Entries.Delete(KeyByStart(startMs), timestamp);
    }

    /// <summary>Adds to a list the windows of a key with starts between both, inclusive.</summary>
    public void Fetch(TKey key, long fromStartMs, long throughStartMs, bool reversed, List<StoredWindow<TValue>> into)
    {
        using var cursor = Fetch(Escape(key), fromStartMs, throughStartMs, reversed);
        while (cursor.MoveNext())
            into.Add(new(cursor.Time, _valueSerde.Deserialize(cursor.Value[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(cursor.Value)));
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(TKey key, long fromStartMs, long toStartMs, bool reversed = false)
    {
        var windows = new List<StoredWindow<TValue>>();
        Fetch(key, fromStartMs, toStartMs, reversed, windows);
        return windows.Select(w => KeyValuePair.Create(WindowAt(key, w.StartMs), new ValueAndTimestamp<TValue>(w.Value, w.Timestamp)));
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(long fromStartMs, long toStartMs, bool reversed = false) => StartedBetween(fromStartMs, toStartMs, reversed);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Range(TKey from, TKey to, long fromStartMs, long toStartMs, bool reversed = false)
    {
        var keys = new KeyRange<TKey>(KeySerde, from, to);
        return StartedBetween(fromStartMs, toStartMs, reversed).Where(e => keys.Holds(e.Key.Key));
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reversed = false) => StartedBetween(0, long.MaxValue, reversed);

    /// <summary>The first start at or after a time; <see cref="long.MaxValue"/> when no window starts then.</summary>
    public long FirstStartFrom(long startMs) => FirstTimeFrom(startMs);

    /// <summary>The windows that start between both times, inclusive, in order of start, then serialized key.</summary>
    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> StartedBetween(long fromStartMs, long throughStartMs, bool reversed = false)
    {
        fromStartMs = Math.Max(fromStartMs, ExpiredBefore);
        foreach (var segment in Segments.Between(fromStartMs, throughStartMs, reversed))
        {
            using var cursor = ScanByTime(segment, fromStartMs, throughStartMs, reversed);
            while (cursor.MoveNext())
            {
                var start = BinaryPrimitives.ReadInt64BigEndian(cursor.Key[SegmentedFormat.HeadLength..]);
                var key = KeyOfByTime(cursor.Key);
                if (TryGet(key, start, out var value))
                    yield return new(WindowAt(key, start), value);
            }
        }
    }

    private Windowed<TKey> WindowAt(TKey key, long startMs) => new(key, new(startMs, startMs + _sizeMs));

    private ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> escapedKey, long startMs) => WithStart(KeyAt(escapedKey, startMs), startMs).Written;

    private ReadOnlySpan<byte> KeyByStart(long startMs)
    {
        var key = WithStart(KeyByTime(startMs), startMs);
        key.Write(PlainKey);
        return key.Written;
    }

    private static ByteBuffer WithStart(ByteBuffer key, long startMs)
    {
        key.WriteInt64(startMs);
        key.WriteInt32(0);
        return key;
    }
}
