using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>8 bytes, big-endian.</summary>
internal sealed class DoubleSerde : Serde<double>
{
    public override double Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 8 ? BinaryPrimitives.ReadDoubleBigEndian(data) : throw new SerdeException("not-8-bytes");

    public override void Serialize(double value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), value);
        output.Advance(8);
    }
}
