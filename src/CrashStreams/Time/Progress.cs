namespace CrashStreams.Time;

/// <summary>How far an input has come in event time, or several of them together. Milliseconds; <see cref="TaskClock.Unknown"/> while nothing is known.</summary>
/// <param name="Watermark">What closes windows: the minimum over the inputs that are not idle.</param>
/// <param name="IsIdle">Whether nobody has to wait for it: it has nothing to say at present.</param>
/// <param name="Floor">
/// What every input has passed, idle ones included. A record that meets a window closed by then was read before; above it the window may have been
/// closed over the head of an idle input, and the record is the first that the input has to say about it.
/// </param>
internal readonly record struct Progress(long Watermark, bool IsIdle, long Floor)
{
    public static readonly Progress Unknown = new(TaskClock.Unknown, false, TaskClock.Unknown);

    /// <summary>Several inputs together.</summary>
    public static Progress Of(ReadOnlySpan<Progress> inputs)
    {
        var all = new CombinedProgress();
        foreach (ref readonly var input in inputs)
            all.Add(in input);
        return all.Result;
    }
}
