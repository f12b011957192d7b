using System.Buffers;
using System.Buffers.Text;

namespace CrashStreams;

/// <summary>Decimal text, with as many digits behind the point as the value has: 1.0 and 1.00 are different keys.</summary>
internal sealed class DecimalSerde : Serde<decimal>
{
    // 29 digits, sign, point, a zero before it.
    private const int MaxLength = 32;

    public override decimal Deserialize(ReadOnlySpan<byte> data) =>
        Utf8Parser.TryParse(data, out decimal value, out var read) && read == data.Length ? value : throw new SerdeException("not-a-decimal");

    public override void Serialize(decimal value, IBufferWriter<byte> output)
    {
        value.TryFormat(output.GetSpan(MaxLength), out var written, provider: System.Globalization.CultureInfo.InvariantCulture);
        output.Advance(written);
    }
}
