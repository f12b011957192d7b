using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>
/// Forwards records in the order of the ideal live run: each waits until the task's clock is past its reference <c>w</c>, because others with the same one may
/// come until then. Those that wait are a store.
/// </summary>
/// <param name="storeName">The store.</param>
/// <param name="among">All inputs of the operator behind it, when it may have several.</param>
/// <param name="number">Which of them this is.</param>
internal sealed class EventTimeOrder<TKey, TValue>(string storeName, OrderedInputs? among = null, int number = 0)
    : Processor<TKey, TValue, TKey, TValue>, IWaitsForInstant, ICommitListener, IOrderedInput
{
    private InputOrder<TKey, TValue> _waiting = null!;
    private OperatorClock _clock = null!;
    private bool _repeats;

    // The instant that was passed because all inputs were idle: what operators in front give for it comes when the clock goes on.
    private long _passedIdle = TaskClock.Unknown;

    protected override void Init()
    {
        _waiting = Store<InputOrder<TKey, TValue>>(storeName);
        _clock = Task.Clock.ForOperator($"{NodeName}-order");
        _repeats = Task.Options.Delivery.Guarantee == ProcessingGuarantee.AtLeastOnce;
        _waiting.DropForwarded(_clock.ClosedThrough);
        // Ahead of the clock it can be for no other reason.
        if (_clock.ClosedThrough > Task.Clock.Watermark)
            _passedIdle = _clock.ClosedThrough - 1;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        var readAt = Task.Clock.RecordWatermark;
        if (readAt >= _clock.ClosedThrough)
            _waiting.Put(readAt, in record, Task.Current.Source, Task.Current.IsUnordered, Task.Current is { IsFromSource: true, HasWaited: false, HasSeveralSources: false }, _repeats);
        else if (readAt < _clock.Floor && readAt != _passedIdle)
            Drop(DroppedRecords.Replayed);
        else
            // Its partition was idle and not waited for, or all were: its place has been passed.
            Forward(in record);
    }

    public long NextClosing => _waiting.FirstWatermark is var first and not long.MaxValue ? first + 1 : long.MaxValue;

    public long OldestOpenStart => long.MaxValue;

    public int Number => number;

    public ReadOnlySpan<byte> FirstPlace => _waiting.FirstPlace;

    public void OnWatermark(long watermark)
    {
        if (watermark > _passedIdle + 1)
            _passedIdle = TaskClock.Unknown;
        ForwardBefore(watermark);
    }

    public void OnIdle(long watermark)
    {
        _passedIdle = watermark;
        ForwardBefore(watermark + 1);
    }

    private void ForwardBefore(long watermark)
    {
        _clock.ClosedThrough = Math.Max(_clock.ClosedThrough, watermark);
        if (among is not null)
            among.Reach(watermark);
        else
            ForwardAll(watermark);
        Task.Current.Clear();
    }

    private void ForwardAll(long before)
    {
        while (TryForwardFirst(before))
        {
        }
    }

    public bool TryForwardFirst(long before)
    {
        if (!_waiting.TryTake(before, _repeats, out var readAt, out var source, out var record))
            return false;
        Task.Clock.Resume(record.Timestamp, readAt);
        Task.Current.Resume(source, record.Headers);
        ForwardGuarded(in record);
        return true;
    }

    // At-least-once: a record leaves the store only when it is certain that what was made of it is written, in topics and in stores behind. If it left with that, and that was lost on its way, it
    // would be gone: its offset was committed when it began to wait.
    public void OnCommitted()
    {
        if (_repeats)
            _waiting.DropForwarded(_clock.ClosedThrough);
    }
}
