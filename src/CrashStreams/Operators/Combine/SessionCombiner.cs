namespace CrashStreams.Operators;

/// <summary>
/// Combines for sessions. Records of a pane, which is as long as the gap, are in one session, whose bounds need the first and the last of them: a partial aggregate is two records, the earliest and
/// all others under the time of the latest. Every session that one of them could join ends within the gap in front of the earliest, and is open until the gap and the grace have passed its end: while
/// the records are read before that, it makes no difference when they come.
/// </summary>
internal sealed class SessionCombiner<TKey, TValue>(SessionWindows windows, Func<TValue, TValue, TValue> combiner, Serde<TKey> keySerde, int mostKeys)
    : Combiner<TKey, TValue, TValue>(keySerde, mostKeys)
{
    protected override bool IsLate(long timestamp, long watermark) => timestamp + windows.GraceMs < watermark;

    protected override long PaneOf(long timestamp) => timestamp / windows.GapMs;

    protected override TValue Begin(in Record<TKey, TValue> record) => record.Value;

    protected override bool MayGrow(in Partial partial, long watermark) => !IsLate(partial.Earliest?.Timestamp ?? partial.Timestamp, watermark);

    protected override void Fold(in Record<TKey, TValue> record, ref Partial partial)
    {
        if (partial.Earliest is not { } earliest)
        {
            var isEarlier = record.Timestamp < partial.Timestamp;
            partial.Earliest = isEarlier ? (record.Value, record.Timestamp) : (partial.Aggregate, partial.Timestamp);
            if (!isEarlier)
                (partial.Aggregate, partial.Timestamp) = (record.Value, record.Timestamp);
            return;
        }

        var other = record.Value;
        if (record.Timestamp < earliest.Timestamp)
        {
            partial.Earliest = (record.Value, record.Timestamp);
            other = earliest.Aggregate;
        }

        partial.Aggregate = combiner(partial.Aggregate, other);
        partial.Timestamp = Math.Max(partial.Timestamp, record.Timestamp);
    }

    protected override void ForwardPartial(in Partial partial)
    {
        if (partial.Earliest is { } earliest)
            Forward(new(partial.Key, earliest.Aggregate, earliest.Timestamp, partial.Headers));
        base.ForwardPartial(in partial);
    }

    // It may join, or even be let in by, a session of those that are held.
    protected override void BeforeForwardingAlone() => EmitEarly();
}
