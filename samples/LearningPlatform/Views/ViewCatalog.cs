using CrashStreams.Samples.Learning.Events;
using static CrashStreams.Samples.Learning.Events.EventType;
using static CrashStreams.Samples.Learning.Views.Measure;
using static CrashStreams.Samples.Learning.Views.ViewWindow;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>All views, in the order of their topics.</summary>
internal static class ViewCatalog
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan _tenMinutes = TimeSpan.FromMinutes(10);

    private static readonly (string, Func<LearningEvent, string?>) _user = ("user_id", e => e.UserId);
    private static readonly (string, Func<LearningEvent, string?>) _course = ("course_id", e => e.CourseId);
    private static readonly (string, Func<LearningEvent, string?>) _quiz = ("quiz_id", e => e.QuizId);
    private static readonly (string, Func<LearningEvent, string?>) _video = ("video_id", e => e.VideoId);
    private static readonly (string, Func<LearningEvent, string?>) _material = ("material_id", e => e.MaterialId);
    private static readonly (string, Func<LearningEvent, string?>) _field = ("field", e => e.Field);
    private static readonly (string, Func<LearningEvent, string?>) _channel = ("channel", e => e.Channel);

    public static IReadOnlyList<View> All { get; } =
    [
        new(Job.Auth, "auth_realtime_active_users_1min", W1, Users("users"), Count("events")),
        new(Job.Auth, "auth_realtime_active_users_5min", H5, Users("users"), Count("events")),
        new(Job.Auth, "auth_realtime_login_rate", W1,
            Count("attempts"), Count("successes", e => e.Success), Count("failures", e => !e.Success), Ratio("success_rate", "successes", "attempts")) { Of = [Login] },
        new(Job.Auth, "auth_realtime_session_activity", W5, Count("ended_sessions"), Mean("avg_session_seconds", e => e.ElapsedSeconds))
        {
            Join = new(JoinKind.Inner, e => e is { Type: Login, Success: true }, e => e.Type == Logout, e => e.SessionId, _hour),
        },
        new(Job.Auth, "auth_realtime_failed_logins", W5, Count("failed_attempts"), AtLeast("suspicious", "failed_attempts", 5)) { Of = [Login], Where = e => !e.Success, Per = [_user] },

        new(Job.Assessment, "assessment_realtime_submissions_1min", W1,
            Count("submissions", e => e.Type == AssignmentSubmitted), Count("scored", IsScored), Mean("avg_score", Score), Min("min_score", Score), Max("max_score", Score))
        {
            Of = [AssignmentSubmitted, AssignmentGraded, QuizCompleted], Per = [_course],
        },
        new(Job.Assessment, "assessment_realtime_active_students", W5, Users("users")),
        new(Job.Assessment, "assessment_realtime_quiz_attempts", W5,
            Count("started", e => e.Type == QuizStarted), Count("completed", e => e.Type == QuizCompleted), Ratio("completion_rate", "completed", "started")) { Of = [QuizStarted, QuizCompleted], Per = [_quiz] },
        new(Job.Assessment, "assessment_realtime_grading_queue", W5,
            Count("submitted"), Count("graded", IsMatched), Count("pending", e => !IsMatched(e)), Mean("avg_grading_seconds", e => e.ElapsedSeconds))
        {
            Join = new(JoinKind.Left, e => e.Type == AssignmentSubmitted, e => e.Type == AssignmentGraded, e => e.SubmissionId, _hour), Per = [_course],
        },
        new(Job.Assessment, "assessment_realtime_submission_rate", H5, Count("submissions"), PerMinute("per_minute", "submissions")) { Of = [AssignmentSubmitted], Per = [_course] },

        new(Job.Video, "video_realtime_viewers_1min", W1, Users("users"), Sum("watch_seconds", e => e.WatchSeconds)),
        new(Job.Video, "video_realtime_watch_time_5min", W5, Users("users"), Sum("watch_seconds", e => e.WatchSeconds), Ratio("avg_per_user", "watch_seconds", "users")) { Per = [_video] },
        new(Job.Video, "video_realtime_engagement_rate", W5,
            Count("started", e => e.Type == VideoStarted), Count("paused", e => e.Type == VideoPaused), Count("completed", e => e.Type == VideoCompleted),
            Ratio("completion_rate", "completed", "started"), Ratio("pause_rate", "paused", "started")) { Of = [VideoStarted, VideoPaused, VideoCompleted], Per = [_video] },
        new(Job.Video, "video_realtime_popular_videos", W5, Count("starts")) { Of = [VideoStarted], Per = [_video], Ranks = 10 },
        new(Job.Video, "video_realtime_concurrent_viewers", W1, Users("users")) { Per = [_video] },

        new(Job.Course, "course_realtime_active_courses_1min", W1, Count("interactions"), Users("users")) { Per = [_course] },
        new(Job.Course, "course_realtime_enrollment_rate", W5, Count("enrolments"), PerMinute("per_minute", "enrolments")) { Of = [Enrolled], Per = [_course] },
        new(Job.Course, "course_realtime_material_access_5min", W5, Count("accesses"), Users("users")) { Of = [MaterialAccessed], Per = [_course, _material] },
        new(Job.Course, "course_realtime_download_activity", W5, Count("downloads"), Users("users")) { Of = [MaterialDownloaded], Per = [_material] },
        new(Job.Course, "course_realtime_engagement_metrics", H5, Count("events"), Users("users"), Ratio("events_per_user", "events", "users")) { Per = [_course] },

        new(Job.Profile, "profile_realtime_updates_1min", W1, Count("updates"), Users("users")) { Of = [ProfileUpdated], Per = [_field] },

        new(Job.Notification, "notification_realtime_sent_1min", W1, Count("sent")) { Of = [Sent], Per = [_channel] },
        new(Job.Notification, "notification_realtime_click_rate_5min", W5,
            Count("sent", e => e.Type == Sent), Count("clicked", e => e.Type == Clicked), Ratio("click_rate", "clicked", "sent")) { Of = [Sent, Clicked], Per = [_channel] },
        new(Job.Notification, "notification_realtime_delivery_status", W5,
            Count("sent"), Count("delivered", IsMatched), Count("undelivered", e => !IsMatched(e)), Mean("avg_delivery_ms", e => e.ElapsedMs))
        {
            Join = new(JoinKind.Left, e => e.Type == Sent, e => e.Type == Delivered, e => e.NotificationId, _tenMinutes), Per = [_channel],
        },
        new(Job.Notification, "notification_realtime_engagement_metrics", W5, Count("sent", e => e.Type == Sent), Count("clicked", e => e.Type == Clicked)) { Of = [Sent, Clicked], Per = [_user] },
    ];

    public static View? Find(string name) => All.FirstOrDefault(view => view.Name == name);

    public static IEnumerable<View> Of(Job job) => All.Where(view => view.Job == job);

    private static bool IsScored(LearningEvent e) => e.Type is AssignmentGraded or QuizCompleted;

    private static decimal? Score(LearningEvent e) => IsScored(e) ? e.Score : null;

    private static bool IsMatched(LearningEvent e) => e.ElapsedMs is not null;
}
