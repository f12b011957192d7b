namespace CrashStreams.Time;

/// <summary>How far the event time of one input partition of a task has come.</summary>
internal abstract class InputClock
{
    public abstract Progress Progress { get; }

    /// <summary>Milliseconds, or <see cref="TaskClock.Unknown"/> while nothing is known.</summary>
    public long Watermark => Progress.Watermark;

    /// <summary>Whether the input has nothing to say at present, so that nobody waits for it.</summary>
    public bool IsIdle => Progress.IsIdle;

    /// <summary>One of several inputs that were all idle has something to say again: this one is waited for until it has been silent from now on for as long as an idle input.</summary>
    public abstract void Wake(long nowMs);
}
