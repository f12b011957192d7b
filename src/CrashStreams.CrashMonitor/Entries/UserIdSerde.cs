using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// User ids as UTF-8, like <see cref="Serdes.String"/>, but a user who comes again is the same string and costs no allocation. It is the string that <see cref="LogEntrySerde"/> gives for that user: one place in
/// memory less to look at.
/// </summary>
internal sealed class UserIdSerde : Serde<string>
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly UserIdPool _users = UserIdPool.Shared;

    /// <summary>Text that has no UTF-8 is refused, so no two users share their bytes, and stores may keep users as the strings that they are.</summary>
    protected override bool EqualityIsThatOfBytes => true;

    public override string Deserialize(ReadOnlySpan<byte> data) => TryDeserialize(data, out var user, out var reason) ? user : throw new SerdeException(reason!);

    public override bool TryDeserialize(ReadOnlySpan<byte> data, out string value, out string? reason)
    {
        var isText = Utf8.IsValid(data);
        value = isText ? _users.Get(data) : null!;
        reason = isText ? null : MalformedReason.InvalidUtf8;
        return isText;
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
