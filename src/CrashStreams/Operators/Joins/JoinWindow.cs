using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is not stored.

/// <summary>Stands in front of one side of a stream-stream join: lets the record meet the other side, then stores it for those that come. With the Watermarks clock it refuses what is late.</summary>
internal sealed class JoinWindow<TKey, TValue>(JoinSide side, Action<LateRecord>? onLate) : Processor<TKey, TValue, TKey, TValue>, IWatermarkListener
{
    private JoinWindowStore<TKey, TValue> _store = null!;
    private OperatorClock _clock = null!;
    private long _latest = TaskClock.Unknown;

    protected override void Init()
    {
        _store = Store<JoinWindowStore<TKey, TValue>>(side.OwnStore);
        _clock = Task.Clock.ForOperator(NodeName);
        if (!_clock.IsObserved)
            _store.Expire(_clock.Now);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!_clock.IsObserved && IsLate(in record))
            return;
        Forward(in record);
        if (!record.HasKey)
            return;
        if (!record.HasValue)
        {
            if (_clock.IsObserved)
                _store.PutNothing(record.Key, record.Timestamp);
            return;
        }

        _store.Put(record.Key, record.Timestamp, _clock.IsObserved ? record.Timestamp : Task.Clock.RecordWatermark, record.Value);
        if (!_clock.IsObserved)
            return;
        _latest = Math.Max(_latest, record.Timestamp);
        _store.Expire(_latest);
    }

    public long NextClosing => long.MaxValue;

    public long OldestOpenStart => long.MaxValue;

    public void OnWatermark(long watermark)
    {
        _clock.ClosedThrough = Math.Max(_clock.ClosedThrough, watermark);
        // What is over at this instant may still meet what operators in front of the other side give at it.
        _store.Expire(watermark - 1);
    }

    private bool IsLate(in Record<TKey, TValue> record)
    {
        if (DroppedRecords.ReasonOf(record.Timestamp) is { } reason)
        {
            Drop(reason);
            return true;
        }

        var heldUntil = side.HeldUntil(record.Timestamp);
        var window = new Window(record.Timestamp - side.BeforeMs, record.Timestamp + side.AfterMs);
        if (heldUntil <= Task.Clock.RecordWatermark)
        {
            Task.Late(DroppedRecords.Late, record.Timestamp, Task.Clock.RecordWatermark - heldUntil, window, onLate);
            return true;
        }

        if (heldUntil > _clock.ClosedThrough)
            return false;
        // Not late in its own partition: it was taken before a crash, or its idle partition was not waited for.
        if (heldUntil <= _clock.Floor)
            Drop(DroppedRecords.Replayed);
        else
            Task.Late(DroppedRecords.LateAfterIdle, record.Timestamp, _clock.ClosedThrough - heldUntil, window, onLate);
        return true;
    }
}
