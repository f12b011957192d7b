namespace CrashStreams.Time;

/// <summary>A time provider whose time passes only when it is told to: whoever waits has to let it.</summary>
internal interface IVirtualTime
{
    /// <summary>Lets time pass until something is over; null: a thread may wait as ever.</summary>
    Action<Func<bool>>? PassUntil { get; }
}
