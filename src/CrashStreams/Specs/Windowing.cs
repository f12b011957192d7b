namespace CrashStreams;

/// <summary>How a stream is windowed, as it was told so far.</summary>
/// <param name="Windows">Size, advance and grace.</param>
/// <param name="Emit">Updates or final results.</param>
/// <param name="OnLate">Hears of late records.</param>
/// <param name="CorrectedWithin">The second grace, within which a late record corrects a result; null: none does.</param>
internal sealed record Windowing(TimeWindows Windows, EmitStrategy Emit, Action<LateRecord>? OnLate, TimeSpan? CorrectedWithin)
{
    public long SpanMs => Windows.SizeMs + Windows.GraceMs;

    /// <summary>From a window's start to when nothing changes it any more.</summary>
    public long FinalSpanMs => CorrectedWithin is { } grace ? Windows.SizeMs + (long)grace.TotalMilliseconds : SpanMs;
}
