using System.Text.Json;
using CrashStreams.Samples.Events;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Events;

/// <summary>
/// Reads the events of a job's topic. Malformed is what is no JSON object, or lacks a common field (event_id, event_type, timestamp, user_id) or one that its type lists, or has it in another kind;
/// fields that a type does not list are read when they are there.
/// </summary>
internal sealed class LearningEventSerde(Job job) : JsonObjectSerde<LearningEvent>
{
    /// <summary>Scores and seconds from here on are taken for malformed.</summary>
    public const decimal LargestAmount = 1e18m;

    private readonly (byte[] Name, EventType Type)[] _types = [.. EventTypes.Of(job).Select(type => (System.Text.Encoding.UTF8.GetBytes(type.Name), type.Type))];

    protected override string? Read(ref Utf8JsonReader json, out LearningEvent learning)
    {
        var e = learning = new LearningEvent();
        bool hasId = false, hasUser = false, hasSuccess = false;
        EventType? type = null;
        long? time = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("event_id"u8))
                hasId = IsText(ref json);
            else if (json.ValueTextEquals("event_type"u8))
                type = TypeOf(ref json);
            else if (json.ValueTextEquals("timestamp"u8))
                time = Time(ref json);
            else if (json.ValueTextEquals("user_id"u8))
                hasUser = Text(ref json) is { } user && (e.UserId = user) is not null;
            else if (json.ValueTextEquals("session_id"u8))
                e.SessionId = Text(ref json);
            else if (json.ValueTextEquals("success"u8))
                hasSuccess = Flag(ref json, e);
            else if (json.ValueTextEquals("course_id"u8))
                e.CourseId = Text(ref json);
            else if (json.ValueTextEquals("submission_id"u8))
                e.SubmissionId = Text(ref json);
            else if (json.ValueTextEquals("quiz_id"u8))
                e.QuizId = Text(ref json);
            else if (json.ValueTextEquals("score"u8))
                e.Score = Amount(ref json);
            else if (json.ValueTextEquals("video_id"u8))
                e.VideoId = Text(ref json);
            else if (json.ValueTextEquals("watch_seconds"u8))
                e.WatchSeconds = Amount(ref json);
            else if (json.ValueTextEquals("material_id"u8))
                e.MaterialId = Text(ref json);
            else if (json.ValueTextEquals("field"u8))
                e.Field = Text(ref json);
            else if (json.ValueTextEquals("notification_id"u8))
                e.NotificationId = Text(ref json);
            else if (json.ValueTextEquals("channel"u8))
                e.Channel = Text(ref json);
            else
                Pass(ref json);
        }

        e.Type = type ?? EventType.Other;
        e.TimeMs = time ?? 0;
        return time is null ? "bad-timestamp"
            : !hasId ? "bad-event-id"
            : type is null ? "bad-event-type"
            : !hasUser ? "bad-user-id"
            : EventTypes.MissingOf(e, hasSuccess);
    }

    private EventType? TypeOf(ref Utf8JsonReader json)
    {
        if (!IsText(ref json))
            return null;
        foreach (var (name, type) in _types)
        {
            if (json.ValueTextEquals(name))
                return type;
        }

        return EventType.Other;
    }

    // Sums of these stay within what a decimal holds.
    private static decimal? Amount(ref Utf8JsonReader json) => Number(ref json) is { } number && Math.Abs(number) < LargestAmount ? number : null;

    private static bool IsText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
            return true;
        json.Skip();
        return false;
    }

    private static bool Flag(ref Utf8JsonReader json, LearningEvent e)
    {
        json.Read();
        json.Skip();
        e.Success = json.TokenType == JsonTokenType.True;
        return json.TokenType is JsonTokenType.True or JsonTokenType.False;
    }
}
