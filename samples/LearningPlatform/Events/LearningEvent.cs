namespace CrashStreams.Samples.Learning.Events;

/// <summary>What has happened; <see cref="Other"/> is a type that the platform did not have when this was written.</summary>
internal enum EventType
{
    Other,
    Login,
    Logout,
    AssignmentSubmitted,
    AssignmentGraded,
    QuizStarted,
    QuizCompleted,
    VideoStarted,
    VideoPaused,
    VideoProgress,
    VideoCompleted,
    CourseViewed,
    Enrolled,
    MaterialAccessed,
    MaterialDownloaded,
    ProfileUpdated,
    Sent,
    Delivered,
    Clicked,
}

/// <summary>An event of any of the topics. Fields that its type does not list may be null. Set while it is read, and never after.</summary>
internal sealed class LearningEvent
{
    public EventType Type { get; set; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long TimeMs { get; set; }

    public string UserId { get; set; } = "";

    public string? SessionId { get; set; }

    public bool Success { get; set; }

    public string? CourseId { get; set; }

    public string? SubmissionId { get; set; }

    public string? QuizId { get; set; }

    public decimal? Score { get; set; }

    public string? VideoId { get; set; }

    public decimal? WatchSeconds { get; set; }

    public string? MaterialId { get; set; }

    public string? Field { get; set; }

    public string? NotificationId { get; set; }

    public string? Channel { get; set; }

    /// <summary>Of a joined row: from the left event to the right one; null when there is no right one.</summary>
    public long? ElapsedMs { get; set; }

    public decimal? ElapsedSeconds => ElapsedMs / 1000m;
}
