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

/// <summary>An event of any of the topics. Fields that its type does not list may be null.</summary>
internal sealed record LearningEvent
{
    public EventType Type { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long TimeMs { get; init; }

    public string UserId { get; init; } = "";

    public string? SessionId { get; init; }

    public bool Success { get; init; }

    public string? CourseId { get; init; }

    public string? SubmissionId { get; init; }

    public string? QuizId { get; init; }

    public decimal? Score { get; init; }

    public string? VideoId { get; init; }

    public decimal? WatchSeconds { get; init; }

    public string? MaterialId { get; init; }

    public string? Field { get; init; }

    public string? NotificationId { get; init; }

    public string? Channel { get; init; }

    /// <summary>Of a joined row: from the left event to the right one; null when there is no right one.</summary>
    public long? ElapsedMs { get; init; }

    public decimal? ElapsedSeconds => ElapsedMs / 1000m;
}
