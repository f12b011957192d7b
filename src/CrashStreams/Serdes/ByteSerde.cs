using System.Buffers;

namespace CrashStreams;

/// <summary>1 byte.</summary>
internal sealed class ByteSerde : Serde<byte>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override byte Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == 1 ? data[0] : throw new SerdeException("not-1-byte");

    public override void Serialize(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
