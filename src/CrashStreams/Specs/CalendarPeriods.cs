namespace CrashStreams;

/// <summary>
/// The periods of a calendar in a time zone. A period begins at the first instant at which the clocks there show its first date and time or later: a beginning that clocks skip is the instant at which
/// they are set forward, and one that they show twice is the first of both. So each instant is in one period, and what is shown twice is in the later one from its first beginning on.
/// </summary>
/// <param name="zone">Its rules.</param>
/// <param name="dayBegins">From when on a day is counted, of the clocks there.</param>
/// <param name="firstDay">The first date of the period that holds a date.</param>
/// <param name="next">The first date of the period behind one that begins at a date.</param>
/// <param name="longestMs">No period is longer, whatever the clocks do.</param>
internal sealed class CalendarPeriods(TimeZoneInfo zone, TimeOnly dayBegins, Func<DateOnly, DateOnly> firstDay, Func<DateOnly, DateOnly> next, long longestMs)
{
    private const long HourMs = 3_600_000;

    // Offsets are between -14 and 14 hours.
    private const long MostOffsetMs = 15 * HourMs;

    // Before .NET's last year, 9999, ends.
    private static readonly DateOnly _lastDate = new(9990, 1, 1);

    // By the hour of a time. All threads of a topology share it: an element is written whole, and what it refers to never changes.
    private readonly Period?[] _recent = new Period?[256];
    private long? _end;

    public long LongestMs => longestMs;

    /// <summary>The period that holds a time.</summary>
    public Period At(long timeMs)
    {
        ref var recent = ref _recent[(int)(timeMs / HourMs % _recent.Length)];
        return recent is { } known && timeMs >= known.StartMs && timeMs < known.EndMs ? known : recent = Find(timeMs);
    }

    private Period Find(long timeMs)
    {
        var end = _end ??= BeginningOf(firstDay(_lastDate));
        // Behind what calendars have: periods of one length.
        if (timeMs >= end)
            return new(timeMs - ((timeMs - end) % longestMs), timeMs - ((timeMs - end) % longestMs) + longestMs);
        var day = firstDay(DateOnly.FromDateTime(At(timeMs + OffsetAt(timeMs), -dayBegins.ToTimeSpan())));
        // The clocks may have been set back over the beginning.
        while (BeginningOf(next(day)) <= timeMs)
            day = next(day);
        while (BeginningOf(day) > timeMs)
            day = firstDay(day.AddDays(-1));
        // Event time begins with the Unix epoch.
        return new(Math.Max(0, BeginningOf(day)), BeginningOf(next(day)));
    }

    private long BeginningOf(DateOnly date)
    {
        var shown = (long)(date.ToDateTime(dayBegins) - DateTime.UnixEpoch).TotalMilliseconds;
        var (before, after) = (OffsetAt(shown - MostOffsetMs), OffsetAt(shown + MostOffsetMs));
        var (first, second) = (shown - Math.Max(before, after), shown - Math.Min(before, after));
        return Shows(first) ? first : Shows(second) ? second : FirstBetween(first, second);

        bool Shows(long timeMs) => timeMs + OffsetAt(timeMs) == shown;

        // It is skipped: the clocks show less at the lower bound, and more at the upper one.
        long FirstBetween(long low, long high)
        {
            while (high - low > 1)
            {
                var middle = low + ((high - low) / 2);
                (low, high) = middle + OffsetAt(middle) < shown ? (middle, high) : (low, middle);
            }

            return high;
        }
    }

    private long OffsetAt(long timeMs) => (long)zone.GetUtcOffset(At(timeMs, TimeSpan.Zero)).TotalMilliseconds;

    private static DateTime At(long timeMs, TimeSpan plus) => DateTime.UnixEpoch.AddMilliseconds(timeMs) + plus;

    /// <summary>From a start up to an end, which does not belong to it, milliseconds.</summary>
    internal sealed record Period(long StartMs, long EndMs);
}
