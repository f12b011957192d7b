namespace CrashStreams.Time;

/// <summary>
/// The time by which one operator closes windows and judges lateness. With the Observed clock that is the operator's own: records that an
/// earlier operator filtered out don't move it. With Watermarks it is the task's.
/// </summary>
internal sealed class OperatorClock(TaskClock task, string name)
{
    private readonly bool _isObserved = task.Mode == StreamTime.Observed;

    /// <summary>The operator's node.</summary>
    public string Name => name;

    public bool IsObserved => _isObserved;

    /// <summary>The maximum timestamp that reached the operator.</summary>
    public long MaxSeen { get; set; } = TaskClock.Unknown;

    /// <summary>Windows whose end + grace this has reached were closed.</summary>
    public long ClosedThrough { get; set; } = TaskClock.Unknown;

    /// <summary>What has reached a window's end + grace closes it.</summary>
    public long Now => _isObserved ? MaxSeen : task.Watermark;

    /// <summary>A window whose end + grace this has reached takes no more of the record in process.</summary>
    public long Lateness => _isObserved ? MaxSeen : task.RecordWatermark;

    /// <summary>A record that meets a window closed by then is one that was processed before.</summary>
    public long Floor => task.Floor;

    public void Observe(long timestamp)
    {
        if (timestamp > MaxSeen)
            MaxSeen = timestamp;
    }

    /// <summary>
    /// Results that a window emits when it closes are judged downstream by the instant before its closing time, however far the clock has jumped: so the
    /// judgement does not depend on how the clock's way was cut into steps, and a downstream window that closes at the same instant still takes them.
    /// </summary>
    public void EmitJustBefore(long closingTime) => task.RecordWatermark = closingTime - 1;
}
