namespace CrashStreams.CrashMonitor;

/// <summary>What the crash monitor needs of a log line; the text itself stays in the log.</summary>
/// <param name="TimestampMs">Event time, milliseconds since the Unix epoch.</param>
/// <param name="Severity">The field <c>severity</c>.</param>
/// <param name="UserId">The field <c>user_id</c>, never empty.</param>
/// <param name="MentionsCrash">Whether <c>content</c> contains "crash".</param>
public readonly record struct LogEntry(long TimestampMs, Severity Severity, string UserId, bool MentionsCrash)
{
    /// <summary>A crash that counts: it says so, and its severity is High or Critical.</summary>
    public bool IsSevereCrash => MentionsCrash && Severity >= Severity.High;
}
