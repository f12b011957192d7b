using System.Globalization;

namespace CrashStreams;

/// <summary>Windows of fixed size, aligned to the Unix epoch: tumbling, or hopping when they advance by less than their size.</summary>
public sealed record TimeWindows : IWindowGrid
{
    private TimeWindows(long sizeMs, long advanceMs, long graceMs)
    {
        SizeMs = sizeMs;
        AdvanceMs = advanceMs;
        GraceMs = graceMs;
    }

    /// <summary>Tumbling windows.</summary>
    /// <param name="size">At least one millisecond.</param>
    /// <param name="grace">How long a window stays open for late records after its end, in event time; zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below one millisecond or a negative grace.</exception>
    public static TimeWindows OfSizeAndGrace(TimeSpan size, TimeSpan grace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new((long)size.TotalMilliseconds, (long)size.TotalMilliseconds, (long)grace.TotalMilliseconds);
    }

    /// <summary>Tumbling windows that close at their end.</summary>
    public static TimeWindows OfSizeWithNoGrace(TimeSpan size) => OfSizeAndGrace(size, TimeSpan.Zero);

    /// <summary>Hopping windows: a new one begins every <paramref name="advance"/>, from one millisecond up to the size.</summary>
    public TimeWindows AdvanceBy(TimeSpan advance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(advance, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(advance, TimeSpan.FromMilliseconds(SizeMs));
        return new(SizeMs, (long)advance.TotalMilliseconds, GraceMs);
    }

    /// <summary>One window that never ends.</summary>
    internal static TimeWindows From(long startMs) => new(long.MaxValue - startMs, long.MaxValue - startMs, 0) { OnlyStartMs = startMs };

    // Of windows that never end: the one start that there is.
    private long? OnlyStartMs { get; init; }

    internal long SizeMs { get; }

    internal long AdvanceMs { get; }

    internal long GraceMs { get; }

    bool IWindowGrid.IsEndless => OnlyStartMs is not null;

    long IWindowGrid.LongestMs => SizeMs;

    long IWindowGrid.GraceMs => GraceMs;

    string IWindowEnds.Shape => string.Create(CultureInfo.InvariantCulture, $"{SizeMs} ms");

    long IWindowGrid.FirstStart(long timestampMs) => FirstStart(timestampMs);

    long IWindowGrid.StartAfter(long startMs) => startMs + AdvanceMs;

    long IWindowEnds.EndOf(long startMs) => startMs + SizeMs;

    /// <summary>The start of the first window that holds a time.</summary>
    internal long FirstStart(long timestampMs) => OnlyStartMs is { } start
        ? timestampMs >= start ? start : long.MaxValue
        : Math.Max(0, timestampMs - SizeMs + AdvanceMs) / AdvanceMs * AdvanceMs;
}
