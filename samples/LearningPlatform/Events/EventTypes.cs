using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Events;

/// <summary>The types of each topic's events, and the fields that they list.</summary>
internal static class EventTypes
{
    /// <summary>The types that a topic has, by the names that they have there.</summary>
    public static IReadOnlyList<(string Name, EventType Type)> Of(Job job) => job switch
    {
        Job.Auth => [("LOGIN", EventType.Login), ("LOGOUT", EventType.Logout)],
        Job.Assessment =>
        [
            ("ASSIGNMENT_SUBMITTED", EventType.AssignmentSubmitted), ("ASSIGNMENT_GRADED", EventType.AssignmentGraded),
            ("QUIZ_STARTED", EventType.QuizStarted), ("QUIZ_COMPLETED", EventType.QuizCompleted),
        ],
        Job.Video =>
        [
            ("VIDEO_PROGRESS", EventType.VideoProgress), ("VIDEO_STARTED", EventType.VideoStarted),
            ("VIDEO_PAUSED", EventType.VideoPaused), ("VIDEO_COMPLETED", EventType.VideoCompleted),
        ],
        Job.Course =>
        [
            ("COURSE_VIEWED", EventType.CourseViewed), ("MATERIAL_ACCESSED", EventType.MaterialAccessed),
            ("MATERIAL_DOWNLOADED", EventType.MaterialDownloaded), ("ENROLLED", EventType.Enrolled),
        ],
        Job.Profile => [("PROFILE_UPDATED", EventType.ProfileUpdated)],
        Job.Notification => [("SENT", EventType.Sent), ("DELIVERED", EventType.Delivered), ("CLICKED", EventType.Clicked)],
        _ => throw new ArgumentOutOfRangeException(nameof(job)),
    };

    /// <summary>What is wrong with an event for lack of a field that its type lists; null: nothing.</summary>
    public static string? MissingOf(LearningEvent e, bool hasSuccess) => e.Type switch
    {
        EventType.Login => e.SessionId is null ? "bad-session-id" : !hasSuccess ? "bad-success" : null,
        EventType.Logout => e.SessionId is null ? "bad-session-id" : null,
        EventType.AssignmentSubmitted => e.CourseId is null ? "bad-course-id" : e.SubmissionId is null ? "bad-submission-id" : null,
        EventType.AssignmentGraded => e.CourseId is null ? "bad-course-id" : e.SubmissionId is null ? "bad-submission-id" : e.Score is null ? "bad-score" : null,
        EventType.QuizStarted => e.QuizId is null ? "bad-quiz-id" : null,
        EventType.QuizCompleted => e.QuizId is null ? "bad-quiz-id" : e.CourseId is null ? "bad-course-id" : e.Score is null ? "bad-score" : null,
        EventType.VideoStarted or EventType.VideoPaused or EventType.VideoProgress or EventType.VideoCompleted =>
            e.VideoId is null ? "bad-video-id" : e.WatchSeconds is null ? "bad-watch-seconds" : null,
        EventType.CourseViewed or EventType.Enrolled => e.CourseId is null ? "bad-course-id" : null,
        EventType.MaterialAccessed or EventType.MaterialDownloaded => e.CourseId is null ? "bad-course-id" : e.MaterialId is null ? "bad-material-id" : null,
        EventType.ProfileUpdated => e.Field is null ? "bad-field" : null,
        EventType.Sent or EventType.Clicked => e.NotificationId is null ? "bad-notification-id" : e.Channel is null ? "bad-channel" : null,
        EventType.Delivered => e.NotificationId is null ? "bad-notification-id" : null,
        _ => null,
    };
}
