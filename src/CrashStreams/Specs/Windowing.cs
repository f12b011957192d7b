namespace CrashStreams;

/// <summary>How a stream is windowed, as it was told so far.</summary>
/// <param name="Windows">Where windows begin, end and close.</param>
/// <param name="Emit">Updates or final results.</param>
/// <param name="OnLate">Hears of late records.</param>
/// <param name="CorrectedWithin">The second grace, within which a late record corrects a result; null: none does.</param>
internal sealed record Windowing(IWindowGrid Windows, EmitStrategy Emit, Action<LateRecord>? OnLate, TimeSpan? CorrectedWithin)
{
    /// <summary>From a window's start to when it closes, of the longest.</summary>
    public long SpanMs => Windows.LongestMs + Windows.GraceMs;

    /// <summary>From a window's start to when nothing changes it any more, of the longest.</summary>
    public long FinalSpanMs => Windows.LongestMs + LastGraceMs;

    /// <summary>When the window closes that begins at a time.</summary>
    public long ClosesAt(long startMs) => Windows.EndOf(startMs) + Windows.GraceMs;

    /// <summary>From when on nothing changes the window any more that begins at a time.</summary>
    public long FinalAt(long startMs) => Windows.EndOf(startMs) + LastGraceMs;

    public Window WindowAt(long startMs) => new(startMs, Windows.EndOf(startMs));

    private long LastGraceMs => CorrectedWithin is { } grace ? (long)grace.TotalMilliseconds : Windows.GraceMs;
}
