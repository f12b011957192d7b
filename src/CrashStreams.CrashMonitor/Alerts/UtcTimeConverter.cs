using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrashStreams.CrashMonitor;

/// <summary>Times as ISO 8601 in UTC, <c>2026-01-11T14:42:50Z</c>, with a fraction only where there is one.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Pattern = "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'";

    /// <summary>Characters that the longest time has, and a few more.</summary>
    public const int MaxLength = 32;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[MaxLength];
        writer.WriteStringValue(text[..Format(value, text)]);
    }

    /// <summary>Writes a time and answers its length.</summary>
    public static int Format(DateTimeOffset value, Span<char> text)
    {
        value.UtcDateTime.TryFormat(text, out var length, Pattern, CultureInfo.InvariantCulture);
        return length;
    }
}
