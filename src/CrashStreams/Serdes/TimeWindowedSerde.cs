using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>
/// Keys of time windows in topics: <c>key · start (8, big-endian)</c>. The end is not written; the reader has to know it.
/// </summary>
internal sealed class TimeWindowedSerde<TKey>(Serde<TKey> inner, IWindowEnds windows) : Serde<Windowed<TKey>>
{
    protected internal override Serde<Windowed<TKey>> Bind(SerdeContext context) => inner.Bind(context) is var bound && bound == inner ? this : new TimeWindowedSerde<TKey>(bound, windows);

    public override Windowed<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(long))
            throw new SerdeException("windowed-key-too-short");
        var start = BinaryPrimitives.ReadInt64BigEndian(data[^sizeof(long)..]);
        return new(inner.Deserialize(data[..^sizeof(long)]), new(start, windows.EndOf(start)));
    }

    public override void Serialize(Windowed<TKey> value, IBufferWriter<byte> output)
    {
        inner.Serialize(value.Key, output);
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value.Window.StartMs);
        output.Advance(sizeof(long));
    }

    /// <summary>Kafka Streams' WindowedStreamPartitioner: all windows of a key lie together, where its other records lie.</summary>
    protected internal override ReadOnlySpan<byte> PartitionedBy(ReadOnlySpan<byte> key) => inner.PartitionedBy(key[..^sizeof(long)]);
}
