namespace CrashStreams.Operators;

/// <summary>
/// Keeps the rows that satisfy a predicate; one that stops doing so becomes a tombstone. Where the value before is known nothing is forwarded
/// when neither passes; elsewhere every failing value is a tombstone.
/// </summary>
internal sealed class TableFilter<TKey, TValue>(Func<TKey, TValue, bool> predicate, bool knowsBefore, string? storeName)
    : TableProcessor<TKey, TValue, TValue>(storeName)
{
    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var hasNow = change.HasNow && predicate(record.Key, change.Now);
        var before = change.Before;
        var hasBefore = HasStore ? TryGetStored(record.Key, out before) : change.HasBefore && predicate(record.Key, change.Before);
        if (!hasNow && !hasBefore && knowsBefore)
            return;
        Update(in record, hasNow ? change.Now : default!, hasNow, hasBefore ? before : default!, hasBefore, record.Timestamp);
    }
}
