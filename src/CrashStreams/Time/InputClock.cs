namespace CrashStreams.Time;

/// <summary>How far the event time of one input partition of a task has come.</summary>
internal abstract class InputClock
{
    /// <summary>Milliseconds, or <see cref="TaskClock.Unknown"/> while nothing is known.</summary>
    public abstract long Watermark { get; }

    /// <summary>Whether the input has nothing to say at present, so that nobody waits for it.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>
    /// The clock over several inputs: the minimum over those that are not idle. When all are idle nothing more is to be waited for: it is their
    /// maximum then, whichever of them fell idle first.
    /// </summary>
    public static (long Watermark, bool IsIdle) Combine(IEnumerable<(long Watermark, bool IsIdle)> inputs)
    {
        var (lowest, highest, allIdle) = (long.MaxValue, TaskClock.Unknown, true);
        foreach (var (watermark, isIdle) in inputs)
        {
            highest = Math.Max(highest, watermark);
            if (isIdle)
                continue;
            allIdle = false;
            lowest = Math.Min(lowest, watermark);
        }

        return allIdle ? (highest, true) : (lowest, false);
    }
}
