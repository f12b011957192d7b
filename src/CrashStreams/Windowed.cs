namespace CrashStreams;

/// <summary>A span of event time, milliseconds since the Unix epoch.</summary>
/// <param name="StartMs">The first millisecond that belongs to it.</param>
/// <param name="EndMs">For time windows the first millisecond that does not; for sliding and session windows the last that does.</param>
public readonly record struct Window(long StartMs, long EndMs)
{
    /// <summary><see cref="StartMs"/> as a time.</summary>
    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeMilliseconds(StartMs);

    /// <summary><see cref="EndMs"/> as a time.</summary>
    public DateTimeOffset End => DateTimeOffset.FromUnixTimeMilliseconds(EndMs);
}

/// <summary>A key in a window.</summary>
/// <param name="Key">The key.</param>
/// <param name="Window">The window.</param>
public readonly record struct Windowed<TKey>(TKey Key, Window Window)
{
    /// <summary>Kafka Streams' form, <c>[key@start/end]</c>.</summary>
    public override string ToString() => $"[{Key}@{Window.StartMs}/{Window.EndMs}]";
}
