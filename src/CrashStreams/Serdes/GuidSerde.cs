using System.Buffers;
using System.Buffers.Text;

namespace CrashStreams;

/// <summary>Text of 36 characters, as Kafka's UUID serializer writes it.</summary>
internal sealed class GuidSerde : Serde<Guid>
{
    private const int TextLength = 36;

    protected internal override bool EqualityIsThatOfBytes => true;

    public override Guid Deserialize(ReadOnlySpan<byte> data) =>
        Utf8Parser.TryParse(data, out Guid value, out var read) && read == data.Length ? value : throw new SerdeException("not-a-uuid");

    public override void Serialize(Guid value, IBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(TextLength), out var written);
        output.Advance(written);
    }
}
