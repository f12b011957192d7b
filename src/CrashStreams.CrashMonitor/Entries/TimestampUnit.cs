namespace CrashStreams.CrashMonitor;

/// <summary>What the number in <c>timestamp</c> counts.</summary>
public enum TimestampUnit
{
    /// <summary>Seconds since the Unix epoch. A number that can only be milliseconds is rejected with a reason.</summary>
    EpochSeconds,

    /// <summary>Milliseconds since the Unix epoch. A number that can only be seconds is rejected with a reason.</summary>
    EpochMilliseconds,

    /// <summary>Decided by size: above 10^11 milliseconds, else seconds.</summary>
    Auto,
}

internal static class TimestampUnits
{
    /// <summary>10^11 s is the year 5138, 10^11 ms is March 1973: no log line's seconds lie above, none's milliseconds below.</summary>
    private const long Boundary = 100_000_000_000;

    /// <summary>10^14 ms is the year 5138 again: what lies above counts microseconds or less.</summary>
    private const long MaxMilliseconds = Boundary * 1000;

    /// <summary>Seconds from 2001 to 2286. As milliseconds they are days in 1970, which tests use, but no log.</summary>
    private const long FirstPlausibleSecond = 1_000_000_000, LastPlausibleSecond = 9_999_999_999;

    /// <summary>Turns the field's number into milliseconds, or tells why it is no time.</summary>
    public static bool TryToMilliseconds(this TimestampUnit unit, long number, out long timestampMs, out string? reason)
    {
        timestampMs = 0;
        reason = Fault(unit, number);
        if (reason is not null)
            return false;
        timestampMs = unit == TimestampUnit.EpochMilliseconds || number > Boundary ? number : number * 1000;
        return true;
    }

    /// <summary>The number that reads as this time; in seconds what is below a second is lost.</summary>
    public static long ToNumber(this TimestampUnit unit, long timestampMs) => unit switch
    {
        TimestampUnit.EpochSeconds => timestampMs / 1000,
        TimestampUnit.Auto when timestampMs % 1000 == 0 => timestampMs / 1000,
        _ => timestampMs,
    };

    private static string? Fault(TimestampUnit unit, long number) => (unit, number) switch
    {
        (_, < 0) => MalformedReason.TimestampNegative,
        (_, > MaxMilliseconds) => MalformedReason.TimestampOutOfRange,
        (TimestampUnit.EpochSeconds, > Boundary) => MalformedReason.TimestampInMilliseconds,
        (TimestampUnit.EpochMilliseconds, >= FirstPlausibleSecond and <= LastPlausibleSecond) => MalformedReason.TimestampInSeconds,
        _ => null,
    };
}
