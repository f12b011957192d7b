using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Keeps the rows that satisfy a predicate; one that stops doing so becomes a tombstone. Where the table has a store the old value is known,
/// and nothing is forwarded when neither passes; without one every failing value is a tombstone.
/// </summary>
internal sealed class TableFilter<TKey, TValue>(Func<TKey, TValue, bool> predicate, bool sendsNeedlessTombstones)
    : Processor<TKey, Change<TValue>, TKey, Change<TValue>>
{
    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var hasNow = change.HasNow && predicate(record.Key, change.Now);
        var hasBefore = change.HasBefore && predicate(record.Key, change.Before);
        if (!hasNow && !hasBefore && !sendsNeedlessTombstones)
            return;
        Forward(record.WithValue(new Change<TValue>(hasNow ? change.Now : default!, hasNow, hasBefore ? change.Before : default!, hasBefore)));
    }
}
