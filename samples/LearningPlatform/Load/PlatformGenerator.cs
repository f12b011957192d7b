using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Load;

namespace CrashStreams.Samples.Learning.Load;

/// <summary>
/// Events of a learning platform, in the order of event time: what follows from an event comes some time later, such as a logout, a grade, a delivery, a click, a completed quiz or video, or never.
/// Times are written in all the forms in which they may come.
/// </summary>
internal sealed class PlatformGenerator(EventLoad load, LearningOptions options, int users)
{
    private const int Courses = 40;
    private const int QuizzesOfCourse = 5;
    private const int Videos = 300;
    private const int MaterialsOfCourse = 8;

    // What follows is made of what came before: with more of it waiting, nothing more is begun to wait for.
    private const int MostWaiting = 500_000;

    private static readonly string[] _channels = ["email", "push", "sms", "in_app"];
    private static readonly string[] _fields = ["name", "email", "avatar", "bio", "language", "timezone"];
    private static readonly string[] _malformed = ["", "no json", "[]", "{\"user_id\":\"user_1\"}", "{\"event_id\":\"e\",\"event_type\":\"LOGIN\",\"user_id\":\"u\",\"timestamp\":\"yesterday\"}"];

    private readonly Random _random = new(load.Seed);
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly PriorityQueue<Happening, DateTimeOffset> _waiting = new();
    private long _number;

    public IEnumerable<GeneratedEvent> Events()
    {
        for (; _number < load.Count; _number++)
        {
            var due = TimeSpan.FromSeconds(_number / load.Rate);
            var now = load.Start + due;
            var happening = _waiting.TryPeek(out _, out var next) && next <= now ? _waiting.Dequeue() : Begin();
            Continue(happening, now);
            var value = _random.NextDouble() < load.MalformedShare ? Encoding.UTF8.GetBytes(_malformed[_random.Next(_malformed.Length)]) : Json(happening, now - load.Delay(_random));
            yield return new(due.TotalMilliseconds, options.TopicOf(happening.Job), load.Keyed ? Encoding.UTF8.GetBytes(happening.User) : null, value);
        }
    }

    private Happening Begin()
    {
        var user = string.Create(CultureInfo.InvariantCulture, $"user_{_random.Next(users)}");
        var course = _random.Next(Courses);
        return _random.Next(100) switch
        {
            < 12 => new(Job.Auth, "LOGIN", user) { Id = Id("session"), Success = _random.Next(100) < 85 },
            < 18 => new(Job.Assessment, "ASSIGNMENT_SUBMITTED", user) { Id = Id("submission"), Course = Course(course) },
            < 24 => new(Job.Assessment, "QUIZ_STARTED", user) { Course = Course(course), Item = $"quiz_{course}_{_random.Next(QuizzesOfCourse)}" },
            < 44 => new(Job.Video, "VIDEO_STARTED", user) { Item = Video() },
            < 60 => new(Job.Course, "COURSE_VIEWED", user) { Course = Course(course) },
            < 64 => new(Job.Course, "ENROLLED", user) { Course = Course(course) },
            < 74 => new(Job.Course, "MATERIAL_ACCESSED", user) { Course = Course(course), Item = Material(course) },
            < 79 => new(Job.Course, "MATERIAL_DOWNLOADED", user) { Course = Course(course), Item = Material(course) },
            < 84 => new(Job.Profile, "PROFILE_UPDATED", user) { Item = _fields[_random.Next(_fields.Length)] },
            < 85 => new((Job)_random.Next(6), "SOMETHING_NEW", user),
            _ => new(Job.Notification, "SENT", user) { Id = Id("notification"), Item = _channels[_random.Next(_channels.Length)] },
        };
    }

    // Popular videos are popular: the first of two draws.
    private string Video() => $"video_{Math.Min(_random.Next(Videos), _random.Next(Videos))}";

    private string Material(int course) => $"material_{course}_{_random.Next(MaterialsOfCourse)}";

    private static string Course(int course) => $"course_{course}";

    private string Id(string kind) => $"{kind}_{load.Seed}_{_number}";

    private void Continue(Happening happening, DateTimeOffset now)
    {
        if (_waiting.Count >= MostWaiting)
            return;
        switch (happening.Type)
        {
            case "LOGIN" when happening.Success && Chance(90):
                Then("LOGOUT", TimeSpan.FromMinutes(65));
                break;
            case "ASSIGNMENT_SUBMITTED" when Chance(80):
                Then("ASSIGNMENT_GRADED", TimeSpan.FromMinutes(65));
                break;
            case "QUIZ_STARTED" when Chance(75):
                Then("QUIZ_COMPLETED", TimeSpan.FromMinutes(15));
                break;
            case "VIDEO_STARTED" or "VIDEO_PROGRESS" or "VIDEO_PAUSED" when Chance(85):
                Then(_random.Next(6) switch { 0 => "VIDEO_COMPLETED", 1 => "VIDEO_PAUSED", _ => "VIDEO_PROGRESS" }, TimeSpan.FromMinutes(2));
                break;
            case "SENT":
                if (Chance(90))
                    Then("DELIVERED", TimeSpan.FromMinutes(11));
                if (Chance(30))
                    Then("CLICKED", TimeSpan.FromMinutes(20));
                break;
        }

        void Then(string type, TimeSpan within) => _waiting.Enqueue(happening with { Type = type }, now + (within * _random.NextDouble()));
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private byte[] Json(Happening happening, DateTimeOffset time)
    {
        _buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_buffer);
        json.WriteStartObject();
        json.WriteString("event_id", $"event_{load.Seed}_{_number}");
        json.WriteString("event_type", happening.Type);
        json.WriteString("timestamp", Text(time));
        json.WriteString("user_id", happening.User);
        switch (happening.Job)
        {
            case Job.Auth when happening.Id is not null:
                json.WriteString("session_id", happening.Id);
                if (happening.Type == "LOGIN")
                    json.WriteBoolean("success", happening.Success);
                break;
            case Job.Assessment:
                json.WriteString("course_id", happening.Course);
                json.WriteString(happening.Id is null ? "quiz_id" : "submission_id", happening.Id ?? happening.Item);
                if (happening.Type is "ASSIGNMENT_GRADED" or "QUIZ_COMPLETED")
                    json.WriteNumber("score", _random.Next(0, 201) / 2m);
                break;
            case Job.Video when happening.Item is not null:
                json.WriteString("video_id", happening.Item);
                json.WriteNumber("watch_seconds", happening.Type == "VIDEO_STARTED" ? 0 : _random.Next(1, 600));
                break;
            case Job.Course when happening.Course is not null:
                json.WriteString("course_id", happening.Course);
                json.WriteString("material_id", happening.Item);
                break;
            case Job.Profile when happening.Item is not null:
                json.WriteString("field", happening.Item);
                break;
            case Job.Notification when happening.Id is not null:
                json.WriteString("notification_id", happening.Id);
                json.WriteString("channel", happening.Item);
                break;
        }

        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    private string Text(DateTimeOffset time) => _random.Next(8) switch
    {
        0 => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        1 => time.ToOffset(TimeSpan.FromHours(2)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture),
        _ => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
    };

    /// <summary>What an event says, without its time.</summary>
    private sealed record Happening(Job Job, string Type, string User)
    {
        /// <summary>Of the session, submission or notification.</summary>
        public string? Id { get; init; }

        public string? Course { get; init; }

        /// <summary>The quiz, video, material, field or channel.</summary>
        public string? Item { get; init; }

        public bool Success { get; init; }
    }
}
