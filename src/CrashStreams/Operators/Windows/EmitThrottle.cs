using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>How often final results are looked for with the Observed clock: Kafka Streams tries at most once per interval of the wall clock, and a try counts whether anything was due or not.</summary>
internal sealed class EmitThrottle(IOperatorContext task)
{
    private readonly long _intervalMs = (long)task.Options.Time.ObservedEmitInterval.TotalMilliseconds;
    private long _nextTryMs;

    /// <summary>Whether it is time to try; then it is not until the interval is over.</summary>
    public bool Try()
    {
        if (_intervalMs <= 0)
            return true;
        var now = task.WallClock;
        if (now < _nextTryMs)
            return false;
        _nextTryMs = now + _intervalMs;
        return true;
    }
}
