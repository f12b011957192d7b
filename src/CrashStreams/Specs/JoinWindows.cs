namespace CrashStreams;

/// <summary>
/// Which records of two streams meet: those with the same key and <c>left - before &lt;= right &lt;= left + after</c>, in event time.
/// </summary>
public sealed record JoinWindows
{
    private JoinWindows(long beforeMs, long afterMs, long graceMs)
    {
        BeforeMs = beforeMs;
        AfterMs = afterMs;
        GraceMs = graceMs;
    }

    /// <summary>Records that are at most so far apart, whichever came first.</summary>
    /// <param name="difference">Zero or more.</param>
    /// <param name="grace">How long after that a record is waited for, in event time; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative difference or grace.</exception>
    public static JoinWindows OfTimeDifferenceAndGrace(TimeSpan difference, TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difference, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new((long)difference.TotalMilliseconds, (long)difference.TotalMilliseconds, (long)grace.TotalMilliseconds);
    }

    /// <summary>Records that are at most so far apart; late ones are not waited for.</summary>
    public static JoinWindows OfTimeDifferenceWithNoGrace(TimeSpan difference) => OfTimeDifferenceAndGrace(difference, TimeSpan.Zero);

    /// <summary>How much earlier than the left record the right one may be; negative: it has to be later by so much.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing would ever meet.</exception>
    public JoinWindows Before(TimeSpan before) => Checked(new((long)before.TotalMilliseconds, AfterMs, GraceMs), nameof(before));

    /// <summary>How much later than the left record the right one may be; negative: it has to be earlier by so much.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Nothing would ever meet.</exception>
    public JoinWindows After(TimeSpan after) => Checked(new(BeforeMs, (long)after.TotalMilliseconds, GraceMs), nameof(after));

    internal long BeforeMs { get; }

    internal long AfterMs { get; }

    internal long GraceMs { get; }

    /// <summary>How long a store of one side keeps its records with the Observed clock: Kafka Streams' retention.</summary>
    internal long RetentionMs => BeforeMs + AfterMs + GraceMs;

    /// <summary>From a record's time to when nobody can meet it any more with the Watermarks clock, whichever its side: the longer of both. The last instant belongs to it.</summary>
    internal long HeldMs => Math.Max(BeforeMs, AfterMs) + GraceMs + 1;

    private static JoinWindows Checked(JoinWindows windows, string parameter) => windows.BeforeMs + windows.AfterMs >= 0
        ? windows
        : throw new ArgumentOutOfRangeException(parameter, $"The window would end before it begins: before {windows.BeforeMs} ms, after {windows.AfterMs} ms.");
}
