namespace CrashStreams.Operators;

/// <summary>Makes another value of each row; a mapper's null removes it.</summary>
internal sealed class TableMap<TKey, TValue, TNewValue>(Func<TKey, TValue, TNewValue> map, string? storeName)
    : TableProcessor<TKey, TValue, TNewValue>(storeName)
{
    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        var now = change.HasNow ? map(record.Key, change.Now) : default!;
        var before = change.HasBefore && !HasStore ? map(record.Key, change.Before) : default!;
        Update(in record, now, change.HasNow, before, change.HasBefore, record.Timestamp);
    }
}
