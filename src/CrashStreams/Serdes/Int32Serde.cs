using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>4 bytes, big-endian.</summary>
internal sealed class Int32Serde : Serde<int>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override int Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 4 ? BinaryPrimitives.ReadInt32BigEndian(data) : throw new SerdeException("not-4-bytes");

    public override void Serialize(int value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }
}
