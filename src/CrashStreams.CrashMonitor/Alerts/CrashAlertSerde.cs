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
        using var json = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(json, value, CrashAlertJson.Default.CrashAlert);
    }
}
