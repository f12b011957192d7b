using CrashStreams.Time;

namespace CrashStreams.Testing;

/// <summary>A wall clock that moves only when told; its timers ring while it moves.</summary>
public sealed class ManualTime(DateTimeOffset start) : TimeProvider, IVirtualTime
{
    private readonly List<ManualTimer> _set = [];
    private DateTimeOffset _now = start;

    Action<Func<bool>>? IVirtualTime.PassUntil => PassUntil;

    /// <summary>Set where everything runs in one thread.</summary>
    internal Action<Func<bool>>? PassUntil { get; set; }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Elapsed time is that of this clock too, or what waits for some time would follow the machine's.</summary>
    public override long GetTimestamp() => _now.UtcTicks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = _now + by;
        while (_set.Count > 0 && _set.MinBy(static t => t.DueAt) is { } next && next.DueAt <= end)
        {
            _now = next.DueAt > _now ? next.DueAt : _now;
            next.Ring();
        }

        _now = end;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset DueAt { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._set.Remove(this);
            _period = period;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            DueAt = time._now + dueTime;
            time._set.Add(this);
            return true;
        }

        public void Ring()
        {
            if (_period > TimeSpan.Zero)
                DueAt += _period;
            else
                time._set.Remove(this);
            callback(state);
        }

        public void Dispose() => time._set.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
