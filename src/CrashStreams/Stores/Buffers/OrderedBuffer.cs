using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>Where a record stands in the order of an operator's input: by its reference <c>w</c>, then its time, then where it was read.</summary>
/// <param name="Watermark">Its <c>w</c>, milliseconds.</param>
/// <param name="Timestamp">Its time, milliseconds.</param>
/// <param name="Input">The operator's input, by number.</param>
/// <param name="Partition">The source partition.</param>
/// <param name="Offset">The source offset.</param>
/// <param name="Sequence">Records that come of one source record, by number.</param>
internal readonly record struct InputPosition(long Watermark, long Timestamp, int Input, int Partition, long Offset, int Sequence = 0)
{
    public const int Length = (3 * sizeof(long)) + (3 * sizeof(int));

    public void Write(ByteBuffer into)
    {
        into.WriteInt64(Watermark);
        into.WriteInt64(Timestamp);
        into.WriteInt32(Input);
        into.WriteInt32(Partition);
        into.WriteInt64(Offset);
        into.WriteInt32(Sequence);
    }

    public static InputPosition Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadInt32BigEndian(bytes[16..]),
        BinaryPrimitives.ReadInt32BigEndian(bytes[20..]), BinaryPrimitives.ReadInt64BigEndian(bytes[24..]), BinaryPrimitives.ReadInt32BigEndian(bytes[32..]));
}

/// <summary>
/// Records that wait until nothing before them can come any more, in the order of <see cref="InputPosition"/>. Store and changelog:
/// <code>
/// position (36) → flags (1: 1 key, 2 value) · <see cref="BufferedContext"/> · key (4 + n) · value (4 + n)
/// </code>
/// </summary>
internal sealed class OrderedBuffer<TKey, TValue> : OverOrderedStore
{
    private const byte HasKey = 1;
    private const byte HasValue = 2;

    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;
    private readonly Queue _queue;
    private readonly ByteBuffer _key = new();

    public OrderedBuffer(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, StoreContext context)
        : base(name, $"ordered input {typeof(TKey)} {typeof(TValue)}", new KeyValueFormat(), context) =>
        (_keySerde, _valueSerde, _queue) = (keySerde, valueSerde, new(Entries));

    /// <summary>The lowest <c>w</c> that waits, milliseconds; <see cref="long.MaxValue"/> when none does.</summary>
    public long FirstWatermark
    {
        get
        {
            using var all = _queue.Scan();
            return all.MoveNext() ? BinaryPrimitives.ReadInt64BigEndian(all.Key) : long.MaxValue;
        }
    }

    /// <summary>Adds a record. One with the same position takes its place: it is the same, read again.</summary>
    /// <param name="position">Its place in the order.</param>
    /// <param name="record">The record.</param>
    /// <param name="topic">The topic that it was read from.</param>
    public void Put(in InputPosition position, in Record<TKey, TValue> record, string topic)
    {
        ValueBytes.Clear();
        ValueBytes.WriteByte((byte)((record.HasKey ? HasKey : 0) | (record.HasValue ? HasValue : 0)));
        new BufferedContext(record.Timestamp, position.Offset, topic, position.Partition, record.Headers).Write(ValueBytes);
        var at = Begin();
        if (record.HasKey)
            _keySerde.Serialize(record.Key, ValueBytes);
        End(at);
        at = Begin();
        if (record.HasValue)
            _valueSerde.Serialize(record.Value, ValueBytes);
        End(at);
        _key.Clear();
        position.Write(_key);
        _queue.Put(_key.Written, ValueBytes.Written, record.Timestamp, isNew: !Entries.TryGet(_key.Written, out _));
    }

    /// <summary>Takes the first record whose <c>w</c> is below <paramref name="watermark"/>: those with the same <c>w</c> have all come then.</summary>
    public bool TryTake(long watermark, out InputPosition position, out Record<TKey, TValue> record, out string topic)
    {
        using var all = _queue.Scan();
        if (!all.MoveNext() || BinaryPrimitives.ReadInt64BigEndian(all.Key) >= watermark)
        {
            (position, record, topic) = (default, default, "");
            return false;
        }

        position = InputPosition.Read(all.Key);
        var flags = all.Value[0];
        var bytes = all.Value[1..];
        var context = BufferedContext.Read(ref bytes);
        var key = BufferedContext.ReadSized(ref bytes, out _);
        var value = BufferedContext.ReadSized(ref bytes, out _);
        record = new(
            (flags & HasKey) == 0 ? default! : _keySerde.Deserialize(key), (flags & HasKey) != 0,
            (flags & HasValue) == 0 ? default! : _valueSerde.Deserialize(value), (flags & HasValue) != 0, context.Timestamp, context.Headers);
        topic = context.Topic;
        _queue.Take(all.Key, context.Timestamp);
        return true;
    }

    private int Begin()
    {
        ValueBytes.WriteInt32(0);
        return ValueBytes.Length;
    }

    private void End(int start) => ValueBytes.SetInt32(start - sizeof(int), ValueBytes.Length - start);
}
