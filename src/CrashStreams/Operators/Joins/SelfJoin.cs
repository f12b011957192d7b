using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key meets nothing.

/// <summary>
/// An inner join of a stream with itself, over one store: a record meets those that came before it, first as the left side, then as the right side, where it also meets itself. The results, and their order, are those of
/// <see cref="StreamJoin{TKey, TThis, TOther, TLeft, TRight, TResult}"/> with both sides.
/// </summary>
internal sealed class SelfJoin<TKey, TValue, TResult>(JoinSide side, Func<TKey, TValue, TValue, TResult> join) : Processor<TKey, TValue, TKey, TResult>
{
    private JoinWindowStore<TKey, TValue> _others = null!;
    private OperatorClock _clock = null!;

    protected override void Init()
    {
        _others = Store<JoinWindowStore<TKey, TValue>>(side.OwnStore);
        _clock = Task.Clock.ForOperator(NodeName);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
        {
            Drop(DroppedRecords.NullKeyOrValue);
            return;
        }

        var readAt = Task.Clock.RecordWatermark;
        Task.Current.HasSeveralSources = true;
        Meet(in record, readAt, isLeft: true);
        Meet(in record, readAt, isLeft: false);
        // Operators beside this one judge the record by its own.
        Task.Clock.RecordWatermark = readAt;
        Task.Current.HasSeveralSources = false;
    }

    private void Meet(in Record<TKey, TValue> record, long readAt, bool isLeft)
    {
        // It would be in the store by now, unless it is so old that the store forgets it at once.
        var isMet = isLeft || record.Timestamp < _others.ExpiredBefore;
        using var others = _others.Fetch(record.Key, Math.Max(0, record.Timestamp - side.BeforeMs), record.Timestamp + side.AfterMs);
        while (others.MoveNext())
        {
            if (!isMet && others.Timestamp > record.Timestamp)
            {
                isMet = true;
                Emit(in record, record.Value, record.Timestamp, readAt, isLeft);
            }

            if (_clock.IsObserved || Meet(record.Timestamp, readAt, others.Timestamp, others.Watermark))
                Emit(in record, others.Value, others.Timestamp, Math.Max(readAt, others.Watermark), isLeft);
        }

        if (!isMet)
            Emit(in record, record.Value, record.Timestamp, readAt, isLeft);
    }

    // Of two records, the later by w has to come before the earlier one's time is over.
    private bool Meet(long timestamp, long readAt, long otherTime, long otherReadAt) =>
        readAt >= otherReadAt ? readAt < side.HeldUntil(otherTime) : otherReadAt < side.HeldUntil(timestamp);

    private void Emit(in Record<TKey, TValue> record, TValue other, long otherTime, long watermark, bool isLeft)
    {
        if (!_clock.IsObserved)
            Task.Clock.RecordWatermark = watermark;
        var result = isLeft ? join(record.Key, record.Value, other) : join(record.Key, other, record.Value);
        Forward(record.WithValue(result).WithTimestamp(Math.Max(record.Timestamp, otherTime)));
    }
}
