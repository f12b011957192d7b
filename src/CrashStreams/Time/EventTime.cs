namespace CrashStreams.Time;

/// <summary>
/// The range of event times, milliseconds since the Unix epoch. Sums with window sizes, graces and intervals (at most 9.2e14 ms each, what a TimeSpan holds) stay within 64 bits
/// below <see cref="Max"/>, so nothing behind the sources has to check them.
/// </summary>
internal static class EventTime
{
    /// <summary>Half of what 64 bits hold, 146 million years. A record beyond it is counted as one from the future under both clocks, and moves neither.</summary>
    public const long Max = long.MaxValue / 2;

    public static bool IsValid(long timestampMs) => timestampMs is >= 0 and <= Max;
}
