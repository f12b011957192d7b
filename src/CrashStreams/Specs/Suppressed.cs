namespace CrashStreams;

/// <summary>Which updates of a table are held back.</summary>
public sealed record Suppressed
{
    private Suppressed()
    {
    }

    /// <summary>Only the last update of each window, when the window closes.</summary>
    /// <param name="maxRecords">The most windows (of one key each) that may wait; null: no limit. A fuller buffer stops the application rather than emit early.</param>
    public static Suppressed UntilWindowCloses(int? maxRecords = null) => new() { MaxRecords = maxRecords };

    /// <summary>
    /// The last update of each key, once event time has passed the first one that waits by a limit. A later update takes the place of the one that waits.
    /// A fuller buffer emits its oldest entries early.
    /// </summary>
    /// <param name="limit">Zero or more; zero lets every update pass.</param>
    /// <param name="maxRecords">The most keys that may wait; null: no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative limit.</exception>
    public static Suppressed UntilTimeLimit(TimeSpan limit, int? maxRecords = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        return new() { MaxRecords = maxRecords, LimitMs = (long)limit.TotalMilliseconds };
    }

    internal int? MaxRecords { get; private init; }

    /// <summary>How long updates wait; null: until their window closes.</summary>
    internal long? LimitMs { get; private init; }
}
