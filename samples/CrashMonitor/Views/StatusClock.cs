namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>When a view that can't rewrite its lines shows the status: soon after the start, so that one sees that it lives, then now and then.</summary>
internal sealed class StatusClock(TimeProvider time)
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    private long _last = time.GetTimestamp();
    private TimeSpan _wait = _soon;

    public bool IsDue()
    {
        if (time.GetElapsedTime(_last) < _wait)
            return false;
        (_last, _wait) = (time.GetTimestamp(), _interval);
        return true;
    }
}
