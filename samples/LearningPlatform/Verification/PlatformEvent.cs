using System.Text.Json;
using System.Text.Unicode;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Learning.Verification;

/// <summary>An event as the oracle reads it, by the field lists alone.</summary>
internal sealed class PlatformEvent
{
    private static readonly Dictionary<string, string[]> _listed = new()
    {
        ["Auth LOGIN"] = ["session_id", "success?"],
        ["Auth LOGOUT"] = ["session_id"],
        ["Assessment ASSIGNMENT_SUBMITTED"] = ["course_id", "submission_id"],
        ["Assessment ASSIGNMENT_GRADED"] = ["course_id", "submission_id", "score#"],
        ["Assessment QUIZ_STARTED"] = ["quiz_id"],
        ["Assessment QUIZ_COMPLETED"] = ["quiz_id", "course_id", "score#"],
        ["Video VIDEO_STARTED"] = ["video_id", "watch_seconds#"],
        ["Video VIDEO_PAUSED"] = ["video_id", "watch_seconds#"],
        ["Video VIDEO_PROGRESS"] = ["video_id", "watch_seconds#"],
        ["Video VIDEO_COMPLETED"] = ["video_id", "watch_seconds#"],
        ["Course COURSE_VIEWED"] = ["course_id"],
        ["Course ENROLLED"] = ["course_id"],
        ["Course MATERIAL_ACCESSED"] = ["course_id", "material_id"],
        ["Course MATERIAL_DOWNLOADED"] = ["course_id", "material_id"],
        ["Profile PROFILE_UPDATED"] = ["field"],
        ["Notification SENT"] = ["notification_id", "channel"],
        ["Notification CLICKED"] = ["notification_id", "channel"],
        ["Notification DELIVERED"] = ["notification_id"],
    };

    private static readonly HashSet<string> _known = ["event_id", "event_type", "timestamp", "user_id", .. _listed.Values.SelectMany(fields => fields.Select(field => field.TrimEnd('?', '#')))];

    private Dictionary<string, object?> _fields = [];

    /// <summary>The name of the type; of one that the topic does not have, nothing.</summary>
    public string Type { get; private init; } = "";

    public long TimeMs { get; private init; }

    public string User { get; private init; } = "";

    /// <summary>The highest event time read from its partition, its own included.</summary>
    public long Watermark { get; init; }

    /// <summary>A field's text; null when it has none.</summary>
    public string? Text(string field) => _fields.GetValueOrDefault(field) as string;

    public bool Success => _fields.GetValueOrDefault("success") is true;

    public decimal? Number(string field) => _fields.GetValueOrDefault(field) as decimal?;

    /// <summary>Null when it is malformed.</summary>
    /// <param name="job">Whose topic it is in.</param>
    /// <param name="value">The record's value.</param>
    /// <param name="watermarkAt">The highest time of its partition, when the event's is this.</param>
    public static PlatformEvent? Read(Job job, byte[] value, Func<long, long?> watermarkAt)
    {
        try
        {
            if (!Utf8.IsValid(value))
                return null;
            using var document = JsonDocument.Parse(value);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            var fields = new Dictionary<string, object?>();
            foreach (var field in document.RootElement.EnumerateObject().Where(field => _known.Contains(field.Name)))
                fields[field.Name] = Value(field.Value);
            if (fields.GetValueOrDefault("event_id") is not string || fields.GetValueOrDefault("event_type") is not string type || fields.GetValueOrDefault("user_id") is not string user
                || fields.GetValueOrDefault("timestamp") is not string timestamp || IsoText.Milliseconds(timestamp) is not { } time || time < 0)
                return null;
            var listed = _listed.GetValueOrDefault($"{job} {type}");
            if (listed is not null && !listed.All(name => Has(fields, name)))
                return null;
            if (watermarkAt(time) is not { } watermark)
                return null;
            return new() { Type = listed is null ? "" : type, TimeMs = time, User = user, Watermark = watermark, _fields = fields };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Has(Dictionary<string, object?> fields, string listed) => listed[^1] switch
    {
        '?' => fields.GetValueOrDefault(listed[..^1]) is bool,
        '#' => fields.GetValueOrDefault(listed[..^1]) is decimal,
        _ => fields.GetValueOrDefault(listed) is string,
    };

    private static object? Value(JsonElement field) => field.ValueKind switch
    {
        JsonValueKind.String => field.GetString(),
        JsonValueKind.Number => field.TryGetDecimal(out var number) && Math.Abs(number) < 1e18m ? number : null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
