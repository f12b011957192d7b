using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key meets nothing.

/// <summary>
/// One side of a stream-stream join. A record meets those of the other side whose times fit, in the order of their times. With the Watermarks clock two records meet only
/// if the later of them, by the references <c>w</c> at which they were read, came before the earlier one's time was over: see docs/event-time.md. With the Observed clock this is Kafka Streams' rule.
/// </summary>
internal sealed class StreamJoin<TKey, TThis, TOther, TLeft, TRight, TResult>(
    JoinSide side, JoinTracker tracker, Func<TKey, TThis, Optional<TOther>, TResult> join, Func<Unmatched<TKey, TLeft, TRight>, TResult> joinUnmatched)
    : Processor<TKey, TThis, TKey, TResult>, IWatermarkListener
{
    private JoinWindowStore<TKey, TOther> _others = null!;
    private OuterJoinStore<TKey, TLeft, TRight>? _unmatched;
    private OperatorClock _clock = null!;
    private long _emitIntervalMs;

    protected override void Init()
    {
        _others = Store<JoinWindowStore<TKey, TOther>>(side.OtherStore);
        _unmatched = side.UnmatchedStore is null ? null : Store<OuterJoinStore<TKey, TLeft, TRight>>(side.UnmatchedStore);
        _clock = Task.Clock.ForOperator(NodeName);
        _emitIntervalMs = (long)Task.Options.Time.ObservedEmitInterval.TotalMilliseconds;
    }

    public override void Process(in Record<TKey, TThis> record)
    {
        tracker.StreamTime = Math.Max(tracker.StreamTime, record.Timestamp);
        if (side.KeepsUnmatched && !record.HasKey && record.HasValue)
        {
            Forward(record.WithValue(join(record.Key, record.Value, default)));
            return;
        }

        if (!record.HasKey || !record.HasValue)
        {
            Drop(DroppedRecords.NullKeyOrValue);
            return;
        }

        if (_clock.IsObserved && _unmatched is not null && record.Timestamp == tracker.StreamTime)
            GiveUpObserved();
        var readAt = Task.Clock.RecordWatermark;
        var hasMatched = Meet(in record, readAt);
        if (!hasMatched && side.KeepsUnmatched)
            Wait(in record, readAt);
    }

    public long NextClosing
    {
        get
        {
            if (_unmatched is null)
                return long.MaxValue;
            var (own, other) = FirstWaiting();
            return Math.Min(own == long.MaxValue ? own : side.HeldUntil(own), other == long.MaxValue ? other : side.OtherHeldUntil(other));
        }
    }

    public long OldestOpenStart => long.MaxValue;

    // In the order in which their times are over, however far the clock has jumped; by the side that has its turn last, because what is in front of it may give a partner at this instant.
    public void OnWatermark(long watermark)
    {
        if (_unmatched is null)
            return;
        if (tracker.ClosingTime != watermark)
        {
            tracker.ClosingTime = watermark;
            return;
        }

        for (var next = NextClosing; next <= watermark; next = NextClosing)
            GiveUp(next);
    }

    private (long Own, long Other) FirstWaiting() => (
        side.KeepsUnmatched ? _unmatched!.FirstTimestamp(side.IsLeft) : long.MaxValue, side.OtherKeepsUnmatched ? _unmatched!.FirstTimestamp(!side.IsLeft) : long.MaxValue);

    // Those whose time is over at an instant; of both sides the earlier records first.
    private void GiveUp(long heldUntil)
    {
        var (own, other) = FirstWaiting();
        var isOwnOver = own != long.MaxValue && side.HeldUntil(own) == heldUntil;
        // At one time the right side's first, as Kafka Streams orders them.
        if (other != long.MaxValue && side.OtherHeldUntil(other) == heldUntil && !(isOwnOver && (own < other || (own == other && !side.IsLeft))))
            GiveUp(other, !side.IsLeft, heldUntil);
        else
            GiveUp(own, side.IsLeft, heldUntil);
    }

    private void GiveUp(long timestamp, bool isLeft, long heldUntil)
    {
        foreach (var waiting in _unmatched!.At(timestamp, isLeft))
        {
            _unmatched.Remove(waiting.Key, timestamp, isLeft, timestamp);
            _clock.EmitJustBefore(heldUntil);
            Emit(in waiting);
        }
    }

    private bool Meet(in Record<TKey, TThis> record, long readAt)
    {
        var (from, through) = (Math.Max(0, record.Timestamp - side.BeforeMs), record.Timestamp + side.AfterMs);
        // As Kafka Streams: no window ends before time begins.
        if (_clock.IsObserved)
            through = Math.Max(0, through);
        var (hasMatched, timestamp) = (false, record.Timestamp);
        Task.Current.HasSeveralSources = true;
        using (var others = _others.Fetch(record.Key, from, through))
        {
            while (others.MoveNext())
            {
                var (otherTime, otherReadAt) = (others.Timestamp, others.Watermark);
                if (!_clock.IsObserved && !Meet(timestamp, readAt, otherTime, otherReadAt))
                    continue;
                hasMatched = true;
                if (_clock.IsObserved)
                {
                    _unmatched?.Remove(record.Key, otherTime, !side.IsLeft, record.Timestamp);
                }
                else
                {
                    _unmatched?.Remove(record.Key, otherTime, !side.IsLeft, record.Timestamp, LowestMet(readAt, otherTime), side.HeldUntil(timestamp));
                    Task.Clock.RecordWatermark = Math.Max(readAt, otherReadAt);
                }

                Forward(record.WithValue(join(record.Key, record.Value, new(others.Value, true))).WithTimestamp(Math.Max(record.Timestamp, otherTime)));
            }
        }

        // Operators beside this one judge the record by its own.
        Task.Clock.RecordWatermark = readAt;
        Task.Current.HasSeveralSources = false;
        return hasMatched;
    }

    // Of two records, the later by w has to come before the earlier one's time is over.
    private bool Meet(long timestamp, long readAt, long otherTime, long otherReadAt) => readAt >= otherReadAt
        ? readAt < side.OtherHeldUntil(otherTime)
        : otherReadAt < side.HeldUntil(timestamp);

    // The same, for all records of the other side with one time: those meet this one whose w is from here on, and below the instant at which this one's time is over.
    private long LowestMet(long readAt, long otherTime) => readAt < side.OtherHeldUntil(otherTime) ? long.MinValue : readAt + 1;

    private void Wait(in Record<TKey, TThis> record, long readAt)
    {
        // Kafka Streams gives up at once what is behind without its grace, although a match may follow.
        if (_clock.IsObserved && Math.Max(0, record.Timestamp + side.AfterMs) < tracker.StreamTime)
        {
            Forward(record.WithValue(join(record.Key, record.Value, default)));
            return;
        }

        tracker.MinTime = Math.Min(tracker.MinTime, record.Timestamp);
        var reference = _clock.IsObserved ? record.Timestamp : readAt;
        if (side.IsLeft)
            _unmatched!.AddLeft(record.Key, record.Timestamp, reference, (TLeft)(object)record.Value!);
        else
            _unmatched!.AddRight(record.Key, record.Timestamp, reference, (TRight)(object)record.Value!);
    }

    // Kafka Streams' bookkeeping to the letter, overflow included: with nothing waiting a pass is always tried, and counts for the throttle.
    private void GiveUpObserved()
    {
        if (unchecked(tracker.MinTime + side.AfterMs + side.GraceMs) >= tracker.StreamTime)
            return;
        var now = Context.WallClock;
        if (now < tracker.NextTryMs)
            return;
        tracker.NextTryMs = now + _emitIntervalMs;
        tracker.MinTime = long.MaxValue;
        var (isLeftOpen, isRightOpen) = (false, false);
        foreach (var waiting in _unmatched!.InOrder())
        {
            tracker.MinTime = waiting.Timestamp;
            if (isLeftOpen && isRightOpen)
                break;
            var heldThrough = waiting.IsLeft == side.IsLeft ? side.ObservedHeldThrough(waiting.Timestamp) : side.OtherObservedHeldThrough(waiting.Timestamp);
            if (heldThrough >= tracker.StreamTime)
            {
                isLeftOpen |= waiting.IsLeft;
                isRightOpen |= !waiting.IsLeft;
                continue;
            }

            Emit(in waiting);
            _unmatched.Remove(waiting.Key, waiting.Timestamp, waiting.IsLeft, Task.Clock.RecordTime);
        }
    }

    private void Emit(in Unmatched<TKey, TLeft, TRight> waiting)
    {
        TResult result;
        try
        {
            result = joinUnmatched(waiting);
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Skip(e);
            return;
        }

        ForwardGuarded(new Record<TKey, TResult>(waiting.Key, result, waiting.Timestamp));
    }
}
