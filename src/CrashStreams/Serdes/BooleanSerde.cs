using System.Buffers;

namespace CrashStreams;

/// <summary>1 byte, 0 or 1, as Kafka's BooleanSerializer writes it.</summary>
internal sealed class BooleanSerde : Serde<bool>
{
    protected internal override bool EqualityIsThatOfBytes => true;

    public override bool Deserialize(ReadOnlySpan<byte> data) => data switch
    {
        [0] => false,
        [1] => true,
        _ => throw new SerdeException("not-a-boolean"),
    };

    public override void Serialize(bool value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        output.Advance(1);
    }
}
