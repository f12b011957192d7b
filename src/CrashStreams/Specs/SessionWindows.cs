namespace CrashStreams;

/// <summary>
/// Sessions: records of a key that follow each other within a gap of inactivity. Two records exactly the gap apart are in one session; one that lies between two sessions merges them.
/// A session's bounds are the times of its first and last record, both inclusive.
/// </summary>
public sealed record SessionWindows
{
    private SessionWindows(long gapMs, long graceMs)
    {
        GapMs = gapMs;
        GraceMs = graceMs;
    }

    /// <summary>Sessions with a gap and a grace.</summary>
    /// <param name="gap">The longest pause within a session; at least one millisecond.</param>
    /// <param name="grace">How long a session stays open for late records after its end and the gap, in event time; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A gap below one millisecond or a negative grace.</exception>
    public static SessionWindows OfInactivityGapAndGrace(TimeSpan gap, TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new((long)gap.TotalMilliseconds, (long)grace.TotalMilliseconds);
    }

    /// <summary>Sessions that close when event time has passed their end and the gap.</summary>
    public static SessionWindows OfInactivityGapWithNoGrace(TimeSpan gap) => OfInactivityGapAndGrace(gap, TimeSpan.Zero);

    internal long GapMs { get; }

    internal long GraceMs { get; }

    /// <summary>From a session's end to when it is closed.</summary>
    internal long SpanMs => GapMs + GraceMs;
}
