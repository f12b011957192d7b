namespace CrashStreams.CrashMonitor;

/// <summary>
/// Gathers alerts by interval, because an interval's alerts come one by one and from several partitions. An interval is handed out when
/// nothing has been added to it for a while. Stream threads add, the console takes: hence the lock.
/// </summary>
public sealed class ClosedIntervals(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<DateTimeOffset, (List<CrashAlert> Alerts, long LastAdded)> _open = [];

    /// <summary>Notes an alert.</summary>
    public void Add(CrashAlert alert)
    {
        lock (_lock)
        {
            var alerts = _open.TryGetValue(alert.IntervalStart, out var interval) ? interval.Alerts : [];
            alerts.Add(alert);
            _open[alert.IntervalStart] = (alerts, time.GetTimestamp());
        }
    }

    /// <summary>Takes the intervals that have been quiet for this long, the earliest first.</summary>
    public IReadOnlyList<IReadOnlyList<CrashAlert>> TakeQuiet(TimeSpan quiet)
    {
        lock (_lock)
        {
            var taken = _open.Where(interval => time.GetElapsedTime(interval.Value.LastAdded) >= quiet).ToList();
            foreach (var interval in taken)
                _open.Remove(interval.Key);
            return taken.ConvertAll(interval => (IReadOnlyList<CrashAlert>)interval.Value.Alerts);
        }
    }
}
