using System.Buffers;
using System.Globalization;
using System.Text;

namespace CrashStreams;

/// <summary>ISO 8601 text with offset and 7 digits of the second: <c>2026-01-31T08:15:00.0000000+01:00</c>. The same instant with another offset is another key.</summary>
internal sealed class DateTimeOffsetSerde : Serde<DateTimeOffset>
{
    private const int Length = 33;

    public override DateTimeOffset Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == Length && DateTimeOffset.TryParseExact(Encoding.ASCII.GetString(data), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var value)
            ? value
            : throw new SerdeException("not-a-time");

    public override void Serialize(DateTimeOffset value, IBufferWriter<byte> output)
    {
        value.TryFormat(output.GetSpan(Length), out var written, "O", CultureInfo.InvariantCulture);
        output.Advance(written);
    }
}
