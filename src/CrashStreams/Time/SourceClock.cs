namespace CrashStreams.Time;

/// <summary>The watermark of a partition that other applications write: the maximum event time that the task has read from it.</summary>
internal sealed class SourceClock : InputClock
{
    private long _watermark = TaskClock.Unknown;
    private long _maxSeen = TaskClock.Unknown;
    private bool _isIdle;
    private long _wokenMs = long.MinValue / 2;

    public override Progress Progress => new(_watermark, _isIdle, _watermark);

    /// <summary>The maximum event time of its records: below the watermark once the input was taken for stopped.</summary>
    public long MaxSeen => _maxSeen;

    /// <summary>When the last record was read, or the partition assigned; wall clock, milliseconds.</summary>
    public long LastActivityMs { get; set; }

    /// <summary>Since when it is waited for: since its last record, or since those that were idle with it have woken.</summary>
    public long AwaitedSinceMs => Math.Max(LastActivityMs, _wokenMs);

    /// <summary>Notes a record's event time and answers the watermark that the record is judged by: its own time unless it is out of order.</summary>
    public long Observe(long timestamp)
    {
        _isIdle = false;
        if (timestamp > _maxSeen)
            _maxSeen = timestamp;
        return timestamp >= _watermark ? _watermark = timestamp : _watermark;
    }

    /// <summary>A caught-up partition without records for a while leaves the minimum, once the broker has confirmed that it is; one that is behind never does.</summary>
    public void UpdateIdleness(bool isCaughtUp, bool isConfirmed, long nowMs, long idleAfterMs)
    {
        if (!isCaughtUp)
            LastActivityMs = nowMs;
        // A wall clock that is set back has not made it wait longer.
        _wokenMs = Math.Min(_wokenMs, nowMs);
        _isIdle = isCaughtUp && nowMs - AwaitedSinceMs >= idleAfterMs && (_isIdle || isConfirmed);
    }

    public override void Wake(long nowMs) => (_isIdle, _wokenMs) = (false, nowMs);

    /// <summary>Takes the input for stopped: moves the watermark past the end of every window that its records are in. Calling it again changes nothing.</summary>
    public void Close(long horizonMs)
    {
        if (_maxSeen != TaskClock.Unknown)
            _watermark = Math.Max(_watermark, _maxSeen + horizonMs);
    }

    public void Restore(long watermark, long maxSeen) => (_watermark, _maxSeen) = (Math.Max(_watermark, watermark), Math.Max(_maxSeen, maxSeen));
}
