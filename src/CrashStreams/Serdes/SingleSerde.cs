using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>4 bytes, IEEE 754, big-endian, as Kafka's FloatSerializer writes them.</summary>
internal sealed class SingleSerde : Serde<float>
{
    public override float Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 4 ? BinaryPrimitives.ReadSingleBigEndian(data) : throw new SerdeException("not-4-bytes");

    public override void Serialize(float value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteSingleBigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }
}
