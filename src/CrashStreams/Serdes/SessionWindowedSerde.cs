using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>Keys of sessions in topics: <c>key · end (8, big-endian) · start (8)</c>.</summary>
internal sealed class SessionWindowedSerde<TKey>(Serde<TKey> inner) : Serde<Windowed<TKey>>
{
    private const int BoundsSize = 2 * sizeof(long);

    protected internal override Serde<Windowed<TKey>> Bind(SerdeContext context) => inner.Bind(context) is var bound && bound == inner ? this : new SessionWindowedSerde<TKey>(bound);

    public override Windowed<TKey> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < BoundsSize)
            throw new SerdeException("session-key-too-short");
        var bounds = data[^BoundsSize..];
        return new(inner.Deserialize(data[..^BoundsSize]), new(BinaryPrimitives.ReadInt64BigEndian(bounds[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(bounds)));
    }

    public override void Serialize(Windowed<TKey> value, IBufferWriter<byte> output)
    {
        inner.Serialize(value.Key, output);
        var bounds = output.GetSpan(BoundsSize);
        BinaryPrimitives.WriteInt64BigEndian(bounds, value.Window.EndMs);
        BinaryPrimitives.WriteInt64BigEndian(bounds[sizeof(long)..], value.Window.StartMs);
        output.Advance(BoundsSize);
    }

    /// <summary>All sessions of a key lie together, where its other records lie.</summary>
    protected internal override ReadOnlySpan<byte> PartitionedBy(ReadOnlySpan<byte> key) => inner.PartitionedBy(key[..^BoundsSize]);
}
