namespace CrashStreams.Operators;

/// <summary>Where both sides of a join of tables meet; keeps the result where it has a store.</summary>
/// <param name="storeName">The store.</param>
/// <param name="knowsBefore">Whether the sides know what the result was; else the store does, and what was not there and is not there now goes no further.</param>
internal sealed class TableJoinMerge<TKey, TValue>(string? storeName, bool knowsBefore) : TableProcessor<TKey, TValue, TValue>(storeName)
{
    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        if (knowsBefore || change.HasNow || TryGetStored(record.Key, out _))
            Update(in record, change.Now, change.HasNow, change.Before, change.HasBefore, record.Timestamp);
    }
}
