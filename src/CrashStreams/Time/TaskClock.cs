namespace CrashStreams.Time;

/// <summary>
/// The event time of one task.
/// <list type="bullet">
/// <item><see cref="StreamTime"/> is what punctuation follows: the highest timestamp read.</item>
/// <item><see cref="Watermark"/> closes windows: the minimum over the task's inputs (Watermarks clock).</item>
/// <item><see cref="RecordWatermark"/> judges lateness: the watermark of the record's own source partition when it was read.
/// It depends on nothing but the order in that partition's log, so a backlog and a live run judge alike.</item>
/// </list>
/// Milliseconds; <see cref="Unknown"/> before anything is known.
/// </summary>
internal sealed class TaskClock(StreamTime mode, TimeProvider time)
{
    public const long Unknown = long.MinValue;

    private readonly List<OperatorClock> _operators = [];
    private OperatorTimes _restored = OperatorTimes.None;

    public StreamTime Mode => mode;

    public long StreamTime { get; private set; } = -1;

    public long Watermark { get; private set; } = Unknown;

    /// <summary>The instant that is being closed: <see cref="Watermark"/>, or one on the way to it, which the clock goes step by step however far it has jumped.</summary>
    public long ClosingTime { get; private set; } = Unknown;

    /// <summary>What every input has passed, idle ones included; never above <see cref="Watermark"/>.</summary>
    public long Floor { get; private set; } = Unknown;

    public long RecordWatermark { get; set; } = Unknown;

    /// <summary>The timestamp of the record in process; plain stores log their changes under it.</summary>
    public long RecordTime { get; set; } = -1;

    /// <summary>Measures how long something takes.</summary>
    public TimeProvider Provider => time;

    /// <summary>Waits in the task's thread until something asynchronous is done, well or not. Virtual time passes meanwhile.</summary>
    public void Wait(Task task)
    {
        if (task.IsCompleted)
            return;
        if (time is IVirtualTime { PassUntil: { } pass })
            pass(() => task.IsCompleted);
        else
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
    }

    public long WallClock => LastWallClock = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The wall clock as of the last look: the thread looks once per batch, which is fine enough for a guard.</summary>
    public long LastWallClock { get; set; }

    /// <summary>A record is about to be processed.</summary>
    public void Observe(long timestamp, long recordWatermark)
    {
        RecordTime = timestamp;
        RecordWatermark = recordWatermark;
        if (timestamp > StreamTime)
            StreamTime = timestamp;
    }

    /// <summary>A record that has waited is processed now; stream time has known it since it was read.</summary>
    public void Resume(long timestamp, long recordWatermark) => (RecordTime, RecordWatermark) = (timestamp, recordWatermark);

    /// <summary>Moves the closing clock forward; false when it stays.</summary>
    public bool AdvanceTo(in Progress inputs)
    {
        Floor = Math.Max(Floor, inputs.Floor);
        if (inputs.Watermark <= Watermark)
            return false;
        Watermark = inputs.Watermark;
        return true;
    }

    /// <summary>Operators close now what is over at an instant up to <see cref="Watermark"/>.</summary>
    public void Close(long time) => ClosingTime = time;

    /// <param name="name">The operator's node: by that it finds its times again, whatever other operators the topology has by then.</param>
    public OperatorClock ForOperator(string name)
    {
        var clock = new OperatorClock(this, name);
        (clock.MaxSeen, clock.ClosedThrough) = _restored.Of(name, _operators.Count);
        _operators.Add(clock);
        return clock;
    }

    public IReadOnlyList<OperatorClock> Operators => _operators;

    /// <summary>Takes over the times of an earlier life of the task; called before its operators ask for their clocks.</summary>
    public void Restore(long streamTime, long watermark, long floor, OperatorTimes operators)
    {
        StreamTime = Math.Max(StreamTime, streamTime);
        ClosingTime = Watermark = Math.Max(Watermark, watermark);
        Floor = Math.Max(Floor, floor);
        _restored = _restored.And(operators);
    }
}
