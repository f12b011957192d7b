using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Learning.Verification;

/// <summary>
/// Recomputes all views from the events, with lists and loops and nothing of the engine, the topology or the catalogue. An event is late for a window when the highest event time read from its
/// partition so far, its own included, has come to the window's end + the grace (+ the bound, where rows are joined to the left). A row has to be there when all partitions have come so far, and may be
/// when some have.
/// </summary>
internal sealed class ViewOracle(TimeSpan grace, DateTimeOffset latest)
{
    private const long Second = 1_000;
    private const long Minute = 60 * Second;
    private const long Five = 5 * Minute;
    private const long Hour = 60 * Minute;

    private readonly long _graceMs = (long)grace.TotalMilliseconds;
    private readonly Dictionary<Job, List<PlatformEvent>> _events = Enum.GetValues<Job>().ToDictionary(job => job, _ => new List<PlatformEvent>());
    private readonly Dictionary<(Job Job, int Partition), long> _watermarks = [];
    private Dictionary<string, RowCheck> _checks = [];

    /// <summary>Records that were read.</summary>
    public long Events { get; private set; }

    /// <summary>Records that were malformed, or too far in the future.</summary>
    public long Refused => Events - _events.Values.Sum(events => (long)events.Count);

    /// <summary>Takes the next event of a partition, in the order of offsets.</summary>
    public void Add(Job job, int partition, byte[] value)
    {
        Events++;
        var highest = _watermarks.GetValueOrDefault((job, partition), -1);
        if (PlatformEvent.Read(job, value, time => time > highest && time > latest.ToUnixTimeMilliseconds() ? null : Math.Max(highest, time)) is not { } e)
            return;
        _watermarks[(job, partition)] = e.Watermark;
        _events[job].Add(e);
    }

    /// <summary>Expects the rows of all views.</summary>
    /// <param name="checks">The views' comparisons by name.</param>
    public void Expect(Dictionary<string, RowCheck> checks)
    {
        _checks = checks;
        ExpectAuth();
        ExpectAssessment();
        ExpectVideo();
        ExpectCourse();
        ExpectProfile();
        ExpectNotification();
    }

    private void ExpectAuth()
    {
        var logins = Of(Job.Auth, "LOGIN");
        Windows("auth_realtime_active_users_1min", Job.Auth, _events[Job.Auth], Minute, Minute, _ => "", (_, es) => [("users", Users(es)), ("events", es.Count)]);
        Windows("auth_realtime_active_users_5min", Job.Auth, _events[Job.Auth], Five, Minute, _ => "", (_, es) => [("users", Users(es)), ("events", es.Count)]);
        Windows("auth_realtime_login_rate", Job.Auth, logins, Minute, Minute, _ => "", (_, es) =>
        [
            ("attempts", es.Count), ("successes", es.Count(e => e.Success)), ("failures", es.Count(e => !e.Success)), ("success_rate", Rate(es.Count(e => e.Success), es.Count)),
        ]);
        Windows("auth_realtime_failed_logins", Job.Auth, [.. logins.Where(e => !e.Success)], Five, Five, e => e.User, (user, es) => [("user_id", user), ("failed_attempts", es.Count), ("suspicious", es.Count >= 5)]);

        // Pairs, in the window of the logout, when both have come before that closes.
        var byId = logins.Where(e => e.Success).ToLookup(e => e.Text("session_id"));
        foreach (var window in Of(Job.Auth, "LOGOUT").GroupBy(e => Start(e.TimeMs, Five)))
        {
            var closes = window.Key + Five + _graceMs;
            var lengths = (from logout in window where logout.Watermark < closes
                           from login in byId[logout.Text("session_id")]
                           where login.Watermark < closes && login.TimeMs <= logout.TimeMs && logout.TimeMs <= login.TimeMs + Hour
                           select logout.TimeMs - login.TimeMs).ToList();
            if (lengths.Count > 0)
                Row("auth_realtime_session_activity", Job.Auth, window.Key, Five, 0, ("ended_sessions", lengths.Count), ("avg_session_seconds", Rate(lengths.Sum() / 1000m, lengths.Count)));
        }
    }

    private void ExpectAssessment()
    {
        var submitted = Of(Job.Assessment, "ASSIGNMENT_SUBMITTED");
        Windows("assessment_realtime_submissions_1min", Job.Assessment, Of(Job.Assessment, "ASSIGNMENT_SUBMITTED", "ASSIGNMENT_GRADED", "QUIZ_COMPLETED"), Minute, Minute, e => e.Text("course_id"), (course, es) =>
        {
            var scores = es.Where(e => e.Type != "ASSIGNMENT_SUBMITTED").Select(e => e.Number("score")!.Value).ToList();
            return
            [
                ("course_id", course), ("submissions", es.Count - scores.Count), ("scored", scores.Count), ("avg_score", Rate(scores.Sum(), scores.Count)),
                ("min_score", scores.Count == 0 ? null : scores.Min()), ("max_score", scores.Count == 0 ? null : scores.Max()),
            ];
        });
        Windows("assessment_realtime_active_students", Job.Assessment, _events[Job.Assessment], Five, Five, _ => "", (_, es) => [("users", Users(es))]);
        Windows("assessment_realtime_quiz_attempts", Job.Assessment, Of(Job.Assessment, "QUIZ_STARTED", "QUIZ_COMPLETED"), Five, Five, e => e.Text("quiz_id"), (quiz, es) =>
        [
            ("quiz_id", quiz), ("started", Count(es, "QUIZ_STARTED")), ("completed", Count(es, "QUIZ_COMPLETED")), ("completion_rate", Rate(Count(es, "QUIZ_COMPLETED"), Count(es, "QUIZ_STARTED"))),
        ]);
        Windows("assessment_realtime_submission_rate", Job.Assessment, submitted, Five, Minute, e => e.Text("course_id"), (course, es) =>
            [("course_id", course), ("submissions", es.Count), ("per_minute", Rate(es.Count, 5))]);
        LeftJoin("assessment_realtime_grading_queue", Job.Assessment, submitted, Of(Job.Assessment, "ASSIGNMENT_GRADED"), "submission_id", Hour, "course_id", (course, rows, waits) =>
        [
            ("course_id", course), ("submitted", rows), ("graded", waits.Count), ("pending", rows - waits.Count), ("avg_grading_seconds", Rate(waits.Sum() / 1000m, waits.Count)),
        ]);
    }

    private void ExpectVideo()
    {
        var all = _events[Job.Video];
        Windows("video_realtime_viewers_1min", Job.Video, all, Minute, Minute, _ => "", (_, es) => [("users", Users(es)), ("watch_seconds", Watched(es))]);
        Windows("video_realtime_watch_time_5min", Job.Video, all, Five, Five, e => e.Text("video_id"), (video, es) =>
            [("video_id", video), ("users", Users(es)), ("watch_seconds", Watched(es)), ("avg_per_user", Rate(Watched(es), Users(es)))]);
        Windows("video_realtime_engagement_rate", Job.Video, Of(Job.Video, "VIDEO_STARTED", "VIDEO_PAUSED", "VIDEO_COMPLETED"), Five, Five, e => e.Text("video_id"), (video, es) =>
        [
            ("video_id", video), ("started", Count(es, "VIDEO_STARTED")), ("paused", Count(es, "VIDEO_PAUSED")), ("completed", Count(es, "VIDEO_COMPLETED")),
            ("completion_rate", Rate(Count(es, "VIDEO_COMPLETED"), Count(es, "VIDEO_STARTED"))), ("pause_rate", Rate(Count(es, "VIDEO_PAUSED"), Count(es, "VIDEO_STARTED"))),
        ]);
        Windows("video_realtime_concurrent_viewers", Job.Video, all, Minute, Minute, e => e.Text("video_id"), (video, es) => [("video_id", video), ("users", Users(es))]);

        foreach (var window in Of(Job.Video, "VIDEO_STARTED").Where(e => e.Watermark < Start(e.TimeMs, Five) + Five + _graceMs).GroupBy(e => Start(e.TimeMs, Five)))
        {
            var rank = 0;
            foreach (var video in window.GroupBy(e => e.Text("video_id")!).OrderByDescending(video => video.Count()).ThenBy(video => CodePoints(video.Key), StringComparer.Ordinal).Take(10))
                Row("video_realtime_popular_videos", Job.Video, window.Key, Five, 0, ("rank", ++rank), ("video_id", video.Key), ("starts", video.Count()));
        }
    }

    private void ExpectCourse()
    {
        var all = _events[Job.Course];
        Windows("course_realtime_active_courses_1min", Job.Course, all, Minute, Minute, e => e.Text("course_id"), (course, es) => [("course_id", course), ("interactions", es.Count), ("users", Users(es))]);
        Windows("course_realtime_enrollment_rate", Job.Course, Of(Job.Course, "ENROLLED"), Five, Five, e => e.Text("course_id"), (course, es) =>
            [("course_id", course), ("enrolments", es.Count), ("per_minute", Rate(es.Count, 5))]);
        Windows("course_realtime_material_access_5min", Job.Course, Of(Job.Course, "MATERIAL_ACCESSED"), Five, Five, e => (e.Text("course_id"), e.Text("material_id")), (key, es) =>
            [("course_id", key.Item1), ("material_id", key.Item2), ("accesses", es.Count), ("users", Users(es))]);
        Windows("course_realtime_download_activity", Job.Course, Of(Job.Course, "MATERIAL_DOWNLOADED"), Five, Five, e => e.Text("material_id"), (material, es) =>
            [("material_id", material), ("downloads", es.Count), ("users", Users(es))]);
        Windows("course_realtime_engagement_metrics", Job.Course, all, Five, Minute, e => e.Text("course_id"), (course, es) =>
            [("course_id", course), ("events", es.Count), ("users", Users(es)), ("events_per_user", Rate(es.Count, Users(es)))]);
    }

    private void ExpectProfile() =>
        Windows("profile_realtime_updates_1min", Job.Profile, Of(Job.Profile, "PROFILE_UPDATED"), Minute, Minute, e => e.Text("field"), (field, es) =>
            [("field", field), ("updates", es.Count), ("users", Users(es))]);

    private void ExpectNotification()
    {
        var (sent, both) = (Of(Job.Notification, "SENT"), Of(Job.Notification, "SENT", "CLICKED"));
        Windows("notification_realtime_sent_1min", Job.Notification, sent, Minute, Minute, e => e.Text("channel"), (channel, es) => [("channel", channel), ("sent", es.Count)]);
        Windows("notification_realtime_click_rate_5min", Job.Notification, both, Five, Five, e => e.Text("channel"), (channel, es) =>
            [("channel", channel), ("sent", Count(es, "SENT")), ("clicked", Count(es, "CLICKED")), ("click_rate", Rate(Count(es, "CLICKED"), Count(es, "SENT")))]);
        Windows("notification_realtime_engagement_metrics", Job.Notification, both, Five, Five, e => e.User, (user, es) =>
            [("user_id", user), ("sent", Count(es, "SENT")), ("clicked", Count(es, "CLICKED"))]);
        LeftJoin("notification_realtime_delivery_status", Job.Notification, sent, Of(Job.Notification, "DELIVERED"), "notification_id", 10 * Minute, "channel", (channel, rows, waits) =>
            [("channel", channel), ("sent", rows), ("delivered", waits.Count), ("undelivered", rows - waits.Count), ("avg_delivery_ms", Rate(waits.Sum(), waits.Count))]);
    }

    private void Windows<TGroup>(
        string view, Job job, List<PlatformEvent> events, long size, long advance, Func<PlatformEvent, TGroup> group, Func<TGroup, List<PlatformEvent>, (string, object?)[]> columns)
    {
        var inTime = new Dictionary<(long Start, TGroup Group), List<PlatformEvent>>();
        foreach (var e in events)
        {
            if (group(e) is not { } key || key is ValueTuple<string?, string?> and ((null, _) or (_, null)))
                continue;
            for (var start = Start(e.TimeMs, advance); start > e.TimeMs - size && start >= 0; start -= advance)
            {
                if (e.Watermark >= start + size + _graceMs)
                    continue;
                if (!inTime.TryGetValue((start, key), out var list))
                    inTime[(start, key)] = list = [];
                list.Add(e);
            }
        }

        foreach (var ((start, key), list) in inTime)
            Row(view, job, start, size, 0, columns(key, list));
    }

    private void LeftJoin(
        string view, Job job, List<PlatformEvent> lefts, List<PlatformEvent> rights, string id, long bound, string group, Func<string, int, List<long>, (string, object?)[]> columns)
    {
        var byId = rights.ToLookup(e => e.Text(id));
        foreach (var window in lefts.GroupBy(e => (Start: Start(e.TimeMs, Five), Group: e.Text(group)!)))
        {
            var closes = window.Key.Start + Five + bound + _graceMs;
            var (rows, waits) = (0, new List<long>());
            foreach (var left in window.Where(e => e.Watermark < closes))
            {
                var partners = byId[left.Text(id)].Where(e => e.Watermark < closes && left.TimeMs <= e.TimeMs && e.TimeMs <= left.TimeMs + bound).Select(e => e.TimeMs - left.TimeMs).ToList();
                rows += Math.Max(1, partners.Count);
                waits.AddRange(partners);
            }

            if (rows > 0)
                Row(view, job, window.Key.Start, Five, bound, columns(window.Key.Group, rows, waits));
        }
    }

    private void Row(string view, Job job, long start, long size, long waits, params (string, object?)[] columns)
    {
        var closes = start + size + waits + _graceMs;
        var watermarks = _watermarks.Where(input => input.Key.Job == job).Select(input => input.Value).ToList();
        if (closes <= watermarks.Max())
            _checks[view].Expect(RowText.Of([("window_start", Time(start)), ("window_end", Time(start + size)), .. columns]), isDue: closes <= watermarks.Min());
    }

    private List<PlatformEvent> Of(Job job, params string[] types) => [.. _events[job].Where(e => types.Contains(e.Type))];

    private static int Count(List<PlatformEvent> events, string type) => events.Count(e => e.Type == type);

    private static int Users(List<PlatformEvent> events) => events.Select(e => e.User).Distinct().Count();

    private static decimal Watched(List<PlatformEvent> events) => events.Sum(e => e.Number("watch_seconds") ?? 0);

    private static decimal? Rate(decimal of, decimal by) => by == 0 ? null : Math.Round(of / by, 6);

    // UTF-32, so that characters beyond the basic plane come behind all others.
    private static string CodePoints(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.Value.ToString("X8", System.Globalization.CultureInfo.InvariantCulture)));

    private static long Start(long timeMs, long window) => timeMs / window * window;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
