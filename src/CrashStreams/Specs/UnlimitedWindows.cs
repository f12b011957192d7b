namespace CrashStreams;

/// <summary>One window per key, from a start to the end of time; records before the start are ignored, as in Kafka Streams.</summary>
public sealed record UnlimitedWindows
{
    private UnlimitedWindows(long startMs) => AsTimeWindows = TimeWindows.From(startMs);

    /// <summary>A window from the Unix epoch on.</summary>
    public static UnlimitedWindows Of() => new(0);

    /// <summary>A window from a time on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time before the Unix epoch.</exception>
    public static UnlimitedWindows StartOn(DateTimeOffset start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(start, DateTimeOffset.UnixEpoch);
        return new(start.ToUnixTimeMilliseconds());
    }

    internal TimeWindows AsTimeWindows { get; }
}
