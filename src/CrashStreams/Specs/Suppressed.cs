namespace CrashStreams;

/// <summary>What a suppression does when more waits than its limits allow.</summary>
public enum WhenFull
{
    /// <summary>Emits the oldest entries early.</summary>
    EmitEarly,

    /// <summary>Stops the application: nothing is emitted before its time.</summary>
    Fail,
}

/// <summary>Which updates of a table are held back.</summary>
public sealed record Suppressed
{
    private Suppressed()
    {
    }

    /// <summary>Only the last update of each window, when the window closes.</summary>
    /// <param name="maxRecords">The most windows (of one key each) that may wait; null: no limit. A fuller buffer stops the application rather than emit early.</param>
    /// <param name="maxBytes">
    /// The most bytes that may wait, as Kafka Streams estimates them: serialized keys and values, headers, topic, and 28 bytes per entry; null: no limit. A fuller buffer stops the application.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A limit below one.</exception>
    public static Suppressed UntilWindowCloses(int? maxRecords = null, long? maxBytes = null) => WithLimits(maxRecords, maxBytes) with { WhenFull = WhenFull.Fail };

    /// <summary>
    /// The last update of each key, once event time has passed the first one that waits by a limit. A later update takes the place of the one that waits.
    /// </summary>
    /// <param name="limit">Zero or more; zero lets every update pass.</param>
    /// <param name="maxRecords">The most keys that may wait; null: no limit.</param>
    /// <param name="maxBytes">The most bytes that may wait; see <see cref="UntilWindowCloses"/>.</param>
    /// <param name="whenFull">What happens when there is more; by default the oldest entries come out early.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative time limit, or another limit below one.</exception>
    public static Suppressed UntilTimeLimit(TimeSpan limit, int? maxRecords = null, long? maxBytes = null, WhenFull whenFull = WhenFull.EmitEarly)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        return WithLimits(maxRecords, maxBytes) with { LimitMs = (long)limit.TotalMilliseconds, WhenFull = whenFull };
    }

    internal int? MaxRecords { get; private init; }

    internal long? MaxBytes { get; private init; }

    internal WhenFull WhenFull { get; private init; }

    /// <summary>How long updates wait; null: until their window closes.</summary>
    internal long? LimitMs { get; private init; }

    internal bool HasLimits => MaxRecords is not null || MaxBytes is not null;

    private static Suppressed WithLimits(int? maxRecords, long? maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords ?? 1, 1, nameof(maxRecords));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes ?? 1, 1, nameof(maxBytes));
        return new() { MaxRecords = maxRecords, MaxBytes = maxBytes };
    }
}
