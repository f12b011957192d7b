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

    internal int? MaxRecords { get; private init; }
}
