using System.Buffers;
using System.Text.Json;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Alerts in JSON:
/// <c>{"interval_start":"2026-01-11T14:42:50Z","interval_end":"2026-01-11T14:43:00Z","user_id":"user_1836","crash_count":5}</c>;
/// a correction has <c>"correction":true</c> as well.
/// </summary>
public sealed class CrashAlertSerde : Serde<CrashAlert>
{
    // Of the thread: threads share the serde.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    private CrashAlertSerde()
    {
    }

    /// <summary>The serde; it has no state.</summary>
    public static CrashAlertSerde Instance { get; } = new();

    /// <inheritdoc/>
    public override CrashAlert Deserialize(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, CrashAlertJson.Default.CrashAlert) is { UserId: not null } alert
                ? alert
                : throw new SerdeException("missing-user");
        }
        catch (JsonException e)
        {
            throw new SerdeException("not-an-alert", e);
        }
    }

    /// <inheritdoc/>
    public override void Serialize(CrashAlert value, IBufferWriter<byte> output)
    {
        // Field by field: the serializer takes twice the time, and a writer of its own for each alert.
        var json = _writer ??= new(output);
        json.Reset(output);
        json.WriteStartObject();
        WriteTime(json, "interval_start"u8, value.IntervalStart);
        WriteTime(json, "interval_end"u8, value.IntervalEnd);
        json.WriteString("user_id"u8, value.UserId);
        json.WriteNumber("crash_count"u8, value.CrashCount);
        if (value.IsCorrection)
            json.WriteBoolean("correction"u8, true);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset time)
    {
        Span<char> text = stackalloc char[UtcTimeConverter.MaxLength];
        json.WriteString(name, text[..UtcTimeConverter.Format(time, text)]);
    }
}
