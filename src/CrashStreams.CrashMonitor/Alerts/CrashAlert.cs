using System.Text.Json.Serialization;

namespace CrashStreams.CrashMonitor;

/// <summary>The result for one user and one window.</summary>
/// <param name="IntervalStart">The window's first instant.</param>
/// <param name="IntervalEnd">The first instant after the window.</param>
/// <param name="UserId">The user.</param>
/// <param name="CrashCount">The user's severe crashes in the window: with a correction, all that came in time to count.</param>
/// <param name="IsCorrection">Whether late crashes have changed the count, or brought it above the threshold, after the window's results were reported.</param>
public sealed record CrashAlert(
    [property: JsonPropertyName("interval_start"), JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset IntervalStart,
    [property: JsonPropertyName("interval_end"), JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset IntervalEnd,
    [property: JsonPropertyName("user_id")] string UserId,
    [property: JsonPropertyName("crash_count")] long CrashCount,
    [property: JsonPropertyName("correction"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsCorrection = false);

/// <summary>Source-generated metadata: no reflection, safe to trim.</summary>
[JsonSerializable(typeof(CrashAlert))]
internal sealed partial class CrashAlertJson : JsonSerializerContext;
