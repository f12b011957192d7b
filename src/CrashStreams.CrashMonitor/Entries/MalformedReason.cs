namespace CrashStreams.CrashMonitor;

/// <summary>Why a value is no log entry: the tags of the metric and the texts in dead letters.</summary>
public static class MalformedReason
{
    /// <summary>Longer than <see cref="CrashMonitorOptions.MaxValueBytes"/>.</summary>
    public const string TooLarge = "too-large";

    /// <summary>Not UTF-8 from end to end.</summary>
    public const string InvalidUtf8 = "invalid-utf8";

    /// <summary>Not one JSON object and nothing else.</summary>
    public const string NotJson = "not-json";

    /// <summary>No field <c>timestamp</c>, or it is null.</summary>
    public const string MissingTimestamp = "missing-timestamp";

    /// <summary><c>timestamp</c> is text, a fraction, beyond 64 bits, or not a number at all.</summary>
    public const string TimestampNotInteger = "timestamp-not-integer";

    /// <summary><c>timestamp</c> lies before 1970.</summary>
    public const string TimestampNegative = "timestamp-negative";

    /// <summary>Seconds were configured and the number can only be milliseconds.</summary>
    public const string TimestampInMilliseconds = "timestamp-in-milliseconds";

    /// <summary>Milliseconds were configured and the number can only be seconds.</summary>
    public const string TimestampInSeconds = "timestamp-in-seconds";

    /// <summary><c>timestamp</c> is too big for seconds and for milliseconds (micro- or nanoseconds?).</summary>
    public const string TimestampOutOfRange = "timestamp-out-of-range";

    /// <summary>No field <c>severity</c>, or it is null.</summary>
    public const string MissingSeverity = "missing-severity";

    /// <summary><c>severity</c> is none of Low, Medium, High, Critical.</summary>
    public const string BadSeverity = "bad-severity";

    /// <summary>No field <c>user_id</c>, or it is null.</summary>
    public const string MissingUser = "missing-user";

    /// <summary><c>user_id</c> is no text, or an empty one.</summary>
    public const string BadUser = "bad-user";

    /// <summary>No field <c>content</c>, or it is null.</summary>
    public const string MissingContent = "missing-content";

    /// <summary><c>content</c> is no text.</summary>
    public const string BadContent = "bad-content";
}
