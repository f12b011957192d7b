using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CrashStreams.Conformance.Tests;

/// <summary>How a topic's keys or values stand in a vector: text (S), a long (L), or a key in a time window.</summary>
internal sealed record Codec(Func<JsonElement, byte[]> ToBytes, Func<byte[], string> ToText)
{
    public static Codec Text { get; } = new(
        json => Encoding.UTF8.GetBytes(json.GetString()!), bytes => JsonSerializer.Serialize(Encoding.UTF8.GetString(bytes)));

    public static Codec Long { get; } = new(
        json =>
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, json.GetInt64());
            return bytes;
        },
        bytes => BinaryPrimitives.ReadInt64BigEndian(bytes).ToString(CultureInfo.InvariantCulture));

    public static Codec WindowedText(long sizeMs) => new(
        _ => throw new NotSupportedException("Windowed keys are only read."),
        bytes =>
        {
            var start = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(bytes.Length - 8));
            var key = JsonSerializer.Serialize(Encoding.UTF8.GetString(bytes.AsSpan(0, bytes.Length - 8)));
            return $$"""{"key":{{key}},"start":{{start}},"end":{{start + sizeMs}}}""";
        });

    public static Codec SessionText { get; } = new(
        _ => throw new NotSupportedException("Session keys are only read."),
        bytes =>
        {
            var end = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(bytes.Length - 16));
            var start = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(bytes.Length - 8));
            var key = JsonSerializer.Serialize(Encoding.UTF8.GetString(bytes.AsSpan(0, bytes.Length - 16)));
            return $$"""{"key":{{key}},"start":{{start}},"end":{{end}}}""";
        });

    public byte[]? Bytes(JsonElement json) => json.ValueKind == JsonValueKind.Null ? null : ToBytes(json);

    public string Show(byte[]? bytes) => bytes is null ? "null" : ToText(bytes);

    /// <summary>Both sides in one spelling of JSON.</summary>
    public static string Normal(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement);
}
