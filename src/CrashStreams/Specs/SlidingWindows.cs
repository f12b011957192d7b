namespace CrashStreams;

/// <summary>
/// Sliding windows: for each record the window that ends with it and the one that begins right behind it, so that two records are together in some window if and only if their times differ by
/// at most a difference. Both bounds are inclusive.
/// </summary>
public sealed record SlidingWindows
{
    private SlidingWindows(long differenceMs, long graceMs)
    {
        DifferenceMs = differenceMs;
        GraceMs = graceMs;
    }

    /// <summary>Sliding windows.</summary>
    /// <param name="difference">Zero or more.</param>
    /// <param name="grace">How long a window stays open for late records after its end, in event time; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative difference or grace.</exception>
    public static SlidingWindows OfTimeDifferenceAndGrace(TimeSpan difference, TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difference, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new((long)difference.TotalMilliseconds, (long)grace.TotalMilliseconds);
    }

    /// <summary>Sliding windows that close when event time has passed their end.</summary>
    public static SlidingWindows OfTimeDifferenceWithNoGrace(TimeSpan difference) => OfTimeDifferenceAndGrace(difference, TimeSpan.Zero);

    internal long DifferenceMs { get; }

    internal long GraceMs { get; }

    /// <summary>From a window's start to when it is closed: event time has to be past that.</summary>
    internal long SpanMs => DifferenceMs + GraceMs;
}
