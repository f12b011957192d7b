using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>
/// What aggregations have in common whose windows are each key's own: sessions and sliding windows. Updates, or final results when event time is past a window's last instant. With the Watermarks
/// clock the records come in the order of event time.
/// </summary>
/// <param name="spanMs">From the time by which the store is ordered (a session's end, a sliding window's start) to the last instant at which the window is open.</param>
/// <param name="onlyFinal">Whether each window is forwarded once, when it closes.</param>
internal abstract class KeyWindowAggregate<TKey, TValue, TAggregate>(long spanMs, bool onlyFinal) : Processor<TKey, TValue, Windowed<TKey>, Change<TAggregate>>, IWatermarkListener
{
    private EmitThrottle _throttle = null!;
    private long _largest = TaskClock.Unknown;

    protected OperatorClock Clock { get; private set; } = null!;

    protected bool OnlyFinal => onlyFinal;

    /// <summary>The store.</summary>
    protected abstract SegmentedStore<TKey> Windows { get; }

    protected override void Init()
    {
        Clock = Task.Clock.ForOperator(NodeName);
        _throttle = new(Task);
        // A restore may have brought back what an earlier life of the task had forgotten.
        if (!Clock.IsObserved)
            Windows.Expire(Clock.Now);
    }

    public sealed override void Process(in Record<TKey, TValue> record)
    {
        if ((ReasonToDrop(in record) ?? DroppedRecords.ReasonOf(record.Timestamp)) is { } reason)
        {
            Drop(reason);
            return;
        }

        Clock.Observe(record.Timestamp);
        TakeIn(in record);
        if (!Clock.IsObserved)
            return;
        if (onlyFinal && _throttle.Try())
            CloseThrough(Clock.Now);
        // What is still to be emitted is kept.
        Windows.Expire(onlyFinal ? Math.Min(_largest, Clock.ClosedThrough) : _largest);
    }

    public long NextClosing => onlyFinal && FirstFrom(OpenFrom) is var first and not long.MaxValue ? ClosesAt(first) : long.MaxValue;

    // A session's start is not ordered; its end is near enough for a gauge.
    public long OldestOpenStart => onlyFinal ? FirstFrom(OpenFrom) : long.MaxValue;

    public void OnWatermark(long watermark)
    {
        if (onlyFinal)
            CloseThrough(watermark);
        else
            Clock.ClosedThrough = Math.Max(Clock.ClosedThrough, watermark);
        // Of streams that are aggregated together another may still give something at this instant.
        Windows.Expire(watermark - 1);
    }

    /// <summary>Why a record is in no window, whatever its time; null when it is.</summary>
    protected abstract string? ReasonToDrop(in Record<TKey, TValue> record);

    protected abstract void TakeIn(in Record<TKey, TValue> record);

    /// <summary>The first of the times by which the store is ordered, from one on; <see cref="long.MaxValue"/> when there is none.</summary>
    protected abstract long FirstFrom(long time);

    /// <summary>Emits the windows whose times are between both, inclusive, in their order: each by <see cref="Emit"/>.</summary>
    protected abstract void CloseBetween(long from, long through);

    /// <summary>Notes that the store has a window of this time.</summary>
    protected void NoteChanged(long time) => _largest = Math.Max(_largest, time);

    protected long ClosesAt(long time) => time + spanMs + 1;

    protected void Emit(Windowed<TKey> window, TAggregate value, long time, long timestamp)
    {
        if (!Clock.IsObserved)
            Clock.EmitJustBefore(ClosesAt(time));
        ForwardGuarded(new Record<Windowed<TKey>, Change<TAggregate>>(window, new(value, true, default!, false), timestamp));
    }

    private long OpenFrom => Clock.ClosedThrough == TaskClock.Unknown ? 0 : Math.Max(0, Clock.ClosedThrough - spanMs);

    private void CloseThrough(long time)
    {
        if (time <= Clock.ClosedThrough)
            return;
        var from = OpenFrom;
        Clock.ClosedThrough = time;
        if (time > spanMs)
            CloseBetween(from, time - spanMs - 1);
    }
}
