using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>8 bytes, big-endian.</summary>
internal sealed class Int64Serde : Serde<long>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override long Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 8 ? BinaryPrimitives.ReadInt64BigEndian(data) : throw new SerdeException("not-8-bytes");

    public override void Serialize(long value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), value);
        output.Advance(8);
    }
}
