using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// The stream records of a stream-table join with a grace period, until their time has come: in the order of time, key and arrival. Changelog (Kafka
/// Streams), without timestamp:
/// <code>
/// 0 (1) · time (8) · key · sequence (4, from 1) → <see cref="BufferedContext"/> · -1 · -1 · value (4 + n) · 0 (8)
/// </code>
/// </summary>
internal sealed class GraceBuffer<TKey, TValue> : OverOrderedStore
{
    private const long NoTimestamp = -1;
    private const byte Prefix = 0;
    private const int KeyOffset = 1 + sizeof(long);

    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;
    private readonly Queue _queue;
    private readonly ByteBuffer _key = new();
    private int _sequence;

    public GraceBuffer(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, StoreContext context)
        : base(name, $"grace {typeof(TKey)} {typeof(TValue)}", new KeyValueFormat(), context) =>
        (_keySerde, _valueSerde, _queue) = (keySerde, valueSerde, new(Entries));

    /// <summary>The lowest time that waits, milliseconds; <see cref="long.MaxValue"/> when none does.</summary>
    public long FirstTimestamp
    {
        get
        {
            using var all = _queue.Scan();
            return all.MoveNext() ? TimeOf(all.Key) : long.MaxValue;
        }
    }

    /// <summary>Adds a record, which has a key.</summary>
    /// <param name="record">The record.</param>
    /// <param name="topic">The topic that it was read from.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset.</param>
    public void Put(in Record<TKey, TValue> record, string topic, int partition, long offset)
    {
        ValueBytes.Clear();
        new BufferedContext(record.Timestamp, offset, topic, partition, record.Headers).Write(ValueBytes);
        ValueBytes.WriteInt32(BufferedContext.Null);
        ValueBytes.WriteInt32(BufferedContext.Null);
        if (record.HasValue)
            WriteSized(record.Value);
        else
            ValueBytes.WriteInt32(BufferedContext.Null);
        ValueBytes.WriteInt64(0);
        SetKey(in record);
        _queue.Put(_key.Written, ValueBytes.Written, NoTimestamp, isNew: true);
    }

    /// <summary>Takes the first record whose time is not after <paramref name="throughMs"/>.</summary>
    public bool TryTake(long throughMs, out Record<TKey, TValue> record, out BufferedContext context)
    {
        using var all = _queue.Scan();
        if (!all.MoveNext() || TimeOf(all.Key) > throughMs)
        {
            (record, context) = (default, default);
            return false;
        }

        var bytes = all.Value;
        context = BufferedContext.Read(ref bytes);
        BufferedContext.ReadSized(ref bytes, out _);
        BufferedContext.ReadSized(ref bytes, out _);
        var value = BufferedContext.ReadSized(ref bytes, out var length);
        var key = _keySerde.Deserialize(all.Key[KeyOffset..^sizeof(int)]);
        record = new(key, true, length < 0 ? default! : _valueSerde.Deserialize(value), length >= 0, context.Timestamp, context.Headers);
        _queue.Take(all.Key, NoTimestamp);
        return true;
    }

    public override void Restored()
    {
        base.Restored();
        // Behind those that an earlier life gave. Few wait.
        using var all = _queue.Scan();
        while (all.MoveNext())
            _sequence = Math.Max(_sequence, BinaryPrimitives.ReadInt32BigEndian(all.Key[^sizeof(int)..]));
    }

    private static long TimeOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[1..]);

    private void WriteSized(TValue value)
    {
        // The length is known behind the value.
        var at = ValueBytes.Length;
        ValueBytes.WriteInt32(0);
        _valueSerde.Serialize(value, ValueBytes);
        ValueBytes.SetInt32(at, ValueBytes.Length - at - sizeof(int));
    }

    private void SetKey(in Record<TKey, TValue> record)
    {
        _sequence = (_sequence + 1) & int.MaxValue;
        _key.Clear();
        _key.WriteByte(Prefix);
        _key.WriteInt64(record.Timestamp);
        _keySerde.Serialize(record.Key, _key);
        _key.WriteInt32(_sequence);
    }
}
