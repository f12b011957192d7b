using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Broker;
using CrashStreams.Samples.Learning;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>
/// Events as badly as they may come: out of order within the tolerance and far beyond it, partners on the bounds of joins and several for one, ties, ids beyond ASCII, unknown types, fields that are
/// missing or of another kind. The same seed gives the same events.
/// </summary>
internal sealed class HostilePlatform(int seed)
{
    private static readonly (Job Job, string[] Types)[] _types =
    [
        (Job.Auth, ["LOGIN", "LOGIN", "LOGOUT", "LOGOUT", "WHO_KNOWS"]),
        (Job.Assessment, ["ASSIGNMENT_SUBMITTED", "ASSIGNMENT_SUBMITTED", "ASSIGNMENT_GRADED", "ASSIGNMENT_GRADED", "QUIZ_STARTED", "QUIZ_COMPLETED", "LOGIN"]),
        (Job.Video, ["VIDEO_STARTED", "VIDEO_STARTED", "VIDEO_PAUSED", "VIDEO_PROGRESS", "VIDEO_COMPLETED", "VIDEO_LIKED"]),
        (Job.Course, ["COURSE_VIEWED", "ENROLLED", "MATERIAL_ACCESSED", "MATERIAL_DOWNLOADED", "CLICKED"]),
        (Job.Profile, ["PROFILE_UPDATED", "PROFILE_UPDATED", "DELETED"]),
        (Job.Notification, ["SENT", "SENT", "DELIVERED", "DELIVERED", "CLICKED", "BOUNCED"]),
    ];

    private static readonly string[] _malformed =
    [
        "", "{", "[]", "null", "7", "\"text\"", "{}", """{"event_id":"e","event_type":"LOGIN","user_id":"u","timestamp":"2026-02-30T00:00:00Z","session_id":"s","success":true}""",
        """{"event_id":null,"event_type":"OTHER","user_id":"u","timestamp":"2026-03-01T00:00:00Z"}""", """{"event_id":"e","event_type":7,"user_id":"u","timestamp":"2026-03-01T00:00:00Z"}""",
        """{"event_id":"e","event_type":"OTHER","user_id":["u"],"timestamp":"2026-03-01T00:00:00Z"}""", """{"event_id":"e","event_type":"OTHER","user_id":"\ud800","timestamp":"2026-03-01T00:00:00Z"}""",
        """{"event_id":"e","event_type":"LOGIN","user_id":"u","timestamp":"2026-03-01T00:00:00Z"} {}""",
    ];

    // One of two code units comes before another of one unit, by units, and behind it, by code points.
    private static readonly string[] _ids = ["a", "b", "ä", "\uffee", "\U0001f600", "", "7:x"];

    private readonly Random _random = new(seed);

    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Events over some hours, then one in each partition that closes everything.</summary>
    public IEnumerable<(string Topic, int Partition, byte[]? Key, byte[] Value)> Events(int count, int partitions, bool isKeyed, LearningOptions options)
    {
        var past = Jobs.All.ToDictionary(job => job, _ => new List<DateTimeOffset>());
        for (var i = 0; i < count; i++)
        {
            var now = Start + (TimeSpan.FromHours(3) * i / count);
            var (job, types) = _types[_random.Next(_types.Length)];
            var type = types[_random.Next(types.Length)];
            var time = now - (_random.Next(20) switch { < 12 => TimeSpan.Zero, < 17 => TimeSpan.FromMinutes(1.9) * _random.NextDouble(), < 19 => TimeSpan.FromMinutes(7) * _random.NextDouble(), _ => TimeSpan.FromMinutes(90) * _random.NextDouble() });
            // An hour or ten minutes after another event, a millisecond less, or one more.
            if (past[job].Count > 0 && _random.Next(4) == 0)
            {
                var other = past[job][_random.Next(past[job].Count)] + (job == Job.Notification ? TimeSpan.FromMinutes(10) : TimeSpan.FromHours(1)) + TimeSpan.FromMilliseconds(_random.Next(-1, 2));
                time = other <= now + TimeSpan.FromMinutes(1) ? other : time;
            }

            past[job].Add(time);
            var user = $"u{_random.Next(30)}";
            var value = _random.Next(40) == 0 ? Encoding.UTF8.GetBytes(_malformed[_random.Next(_malformed.Length)]) : Event(type, user, time);
            var key = isKeyed ? Encoding.UTF8.GetBytes(user) : null;
            yield return (options.TopicOf(job), key is null ? _random.Next(partitions) : CrashStreams.Log.Murmur2.Partition(key, partitions), key, value);
        }

        foreach (var (job, partition) in Jobs.All.SelectMany(job => Enumerable.Range(0, partitions).Select(partition => (job, partition))))
            yield return (options.TopicOf(job), partition, null, Event("LAST", "last", Start.AddDays(1)));
    }

    public static async Task AppendAsync(EmbeddedBroker broker, IEnumerable<(string Topic, int Partition, byte[]? Key, byte[] Value)> events)
    {
        foreach (var partition in events.GroupBy(e => (e.Topic, e.Partition)))
        {
            foreach (var batch in partition.Chunk(500))
                await broker.AppendAsync(partition.Key.Topic, partition.Key.Partition, [.. batch.Select(e => (e.Key, (byte[]?)e.Value))]);
        }
    }

    private byte[] Event(string type, string user, DateTimeOffset time)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (_random.Next(10) == 0)
                json.WriteNull("user_id");
            json.WriteString("event_id", $"e{_random.Next()}");
            json.WriteString("event_type", type);
            json.WriteString("user_id", user);
            json.WriteString("timestamp", Text(time));
            foreach (var name in new[] { "session_id", "submission_id", "notification_id" })
                Field(name, () => json.WriteStringValue($"id{_random.Next(40)}"));
            foreach (var name in new[] { "course_id", "quiz_id", "video_id", "material_id", "field", "channel" })
                Field(name, () => json.WriteStringValue(_ids[_random.Next(_ids.Length)]));
            Field("success", () => json.WriteBooleanValue(_random.Next(3) > 0));
            Field("score", () => json.WriteNumberValue(_random.Next(0, 1001) / 10m));
            Field("watch_seconds", () => json.WriteNumberValue(_random.Next(0, 10_000) / 8m));
            json.WriteEndObject();

            void Field(string name, Action write)
            {
                if (_random.Next(60) is var luck && luck == 0)
                    return;
                json.WritePropertyName(name);
                if (luck == 1)
                    json.WriteNullValue();
                else if (luck == 2)
                    json.WriteStartArrayAndEnd();
                else
                    write();
            }
        }

        return bytes.ToArray();
    }

    private string Text(DateTimeOffset time) => _random.Next(4) switch
    {
        0 => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
        1 => time.ToOffset(TimeSpan.FromHours(-5)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture),
        2 => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        _ => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    };
}

internal static class JsonArrays
{
    public static void WriteStartArrayAndEnd(this Utf8JsonWriter json)
    {
        json.WriteStartArray();
        json.WriteEndArray();
    }
}
