using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>
/// The records of one side of a stream-stream join: several may have the same key and time. Changelog (Kafka Streams):
/// <c>key · time (8) · sequence (4, from 1) → value</c>.
/// </summary>
internal sealed class JoinWindowStore<TKey, TValue> : SegmentedStore<TKey>
    where TKey : notnull
{
    private readonly Serde<TValue> _valueSerde;
    private int _sequence;
    private long _restoredThroughMs = long.MinValue;

    public JoinWindowStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long retentionMs, StoreContext context)
        : this(name, keySerde, valueSerde, new Segments(retentionMs), context)
    {
    }

    private JoinWindowStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, Segments segments, StoreContext context)
        : base(name, $"join {typeof(TKey)} {typeof(TValue)}", new JoinFormat(segments), segments, keySerde, context) => _valueSerde = valueSerde;

    /// <param name="key">The key.</param>
    /// <param name="timestamp">The record's time, milliseconds.</param>
    /// <param name="watermark">The record's reference <c>w</c>; its time where the clock has none.</param>
    /// <param name="value">The value.</param>
    public void Put(TKey key, long timestamp, long watermark, TValue value)
    {
        ValueBytes.Clear();
        ValueBytes.WriteInt64(watermark);
        _valueSerde.Serialize(value, ValueBytes);
        var escaped = Escape(key);
        // Numbers begin again with the task; behind those that an earlier life gave to this key and time.
        _sequence = (Math.Max(_sequence, timestamp <= _restoredThroughMs ? LastSequence(escaped, timestamp) : 0) + 1) & int.MaxValue;
        Segments.Add(Segments.Of(timestamp));
        var storeKey = KeyAt(escaped, timestamp);
        storeKey.WriteInt64(timestamp);
        storeKey.WriteInt32(_sequence);
        Entries.Put(storeKey.Written, ValueBytes.Written, timestamp, isNew: true);
    }

    /// <summary>
    /// Notes a record without value, which meets nobody: Kafka Streams numbers and logs it like the others.
    /// </summary>
    public void PutNothing(TKey key, long timestamp)
    {
        var escaped = Escape(key);
        _sequence = (_sequence + 1) & int.MaxValue;
        var storeKey = KeyAt(escaped, timestamp);
        storeKey.WriteInt64(timestamp);
        storeKey.WriteInt32(_sequence);
        Entries.Delete(storeKey.Written, timestamp);
    }

    /// <summary>The records of a key with times between both, inclusive, in order of time, then arrival.</summary>
    public JoinCursor<TValue> Fetch(TKey key, long fromMs, long throughMs) => new(Fetch(Escape(key), fromMs, throughMs), _valueSerde);

    public override void Restored()
    {
        base.Restored();
        _restoredThroughMs = Segments.Latest;
    }

    private int LastSequence(ReadOnlySpan<byte> escapedKey, long timestamp)
    {
        using var cursor = Fetch(escapedKey, timestamp, timestamp, reversed: true);
        return cursor.MoveNext() ? BinaryPrimitives.ReadInt32BigEndian(cursor.Suffix[sizeof(long)..]) : 0;
    }
}
