using System.Buffers;
using System.Text;

namespace CrashStreams;

/// <summary>UTF-8 text. Bytes that are no UTF-8, and text that has none (half of a surrogate pair), are an error, never replacement characters.</summary>
internal sealed class StringSerde : Serde<string>
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    protected internal override bool EqualityIsThatOfBytes => true;

    public override string Deserialize(ReadOnlySpan<byte> data)
    {
        try
        {
            return _strict.GetString(data);
        }
        catch (DecoderFallbackException e)
        {
            throw new SerdeException("invalid-utf8", e);
        }
    }

    public override void Serialize(string value, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length));
        try
        {
            output.Advance(_strict.GetBytes(value, span));
        }
        catch (EncoderFallbackException e)
        {
            throw new SerdeException("not-utf-16", e);
        }
    }
}
