using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CrashStreams.CrashMonitor;

/// <summary>User ids as UTF-8, like <see cref="Serdes.String"/>, but a user who comes again is the same string and costs no allocation.</summary>
internal sealed class UserIdSerde : Serde<string>
{
    private readonly UserIdPool _users = new();

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
        output.Advance(Encoding.UTF8.GetBytes(value, span));
    }
}
