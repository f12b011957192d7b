namespace CrashStreams;

/// <summary>Where windows end, which their keys do not say.</summary>
internal interface IWindowEnds
{
    /// <summary>The first millisecond behind the window that begins at a time.</summary>
    long EndOf(long startMs);

    /// <summary>What tells these windows from others: changelogs and local state of other windows are of another kind.</summary>
    string Shape { get; }
}

/// <summary>Windows that all keys have in common. Of two windows the one that begins later ends later.</summary>
internal interface IWindowGrid : IWindowEnds
{
    /// <summary>From the end of a window to when it closes.</summary>
    long GraceMs { get; }

    /// <summary>At least as long as the longest window, milliseconds.</summary>
    long LongestMs { get; }

    /// <summary>Whether there is one window, which never closes.</summary>
    bool IsEndless { get; }

    /// <summary>The start of the first window that holds a time; <see cref="long.MaxValue"/> when none does.</summary>
    long FirstStart(long timestampMs);

    /// <summary>The start of the next window.</summary>
    long StartAfter(long startMs);
}

/// <summary>Windows of one length, wherever they begin.</summary>
internal sealed class WindowLength(long sizeMs) : IWindowEnds
{
    public string Shape { get; } = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{sizeMs} ms");

    public long EndOf(long startMs) => startMs + sizeMs;
}
