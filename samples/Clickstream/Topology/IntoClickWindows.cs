using CrashStreams.Processing;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>Forwards a purchase once for each window that may hold clicks before it, with a time in that window.</summary>
internal sealed class IntoClickWindows<TKey>(TimeSpan window, TimeSpan bound) : Processor<TKey, Touch, TKey, Touch>
{
    private readonly long _windowMs = (long)window.TotalMilliseconds;
    private readonly long _boundMs = (long)bound.TotalMilliseconds;

    public override void Process(in Record<TKey, Touch> record)
    {
        var first = Math.Max(0, record.Value.TimeMs - _boundMs) / _windowMs * _windowMs;
        for (var start = first; start <= record.Value.TimeMs; start += _windowMs)
            Forward(record.WithTimestamp(start));
    }
}
