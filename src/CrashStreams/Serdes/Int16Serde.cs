using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>2 bytes, big-endian, as Kafka's ShortSerializer writes them.</summary>
internal sealed class Int16Serde : Serde<short>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override short Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 2 ? BinaryPrimitives.ReadInt16BigEndian(data) : throw new SerdeException("not-2-bytes");

    public override void Serialize(short value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(2), value);
        output.Advance(2);
    }
}
