namespace CrashStreams.Operators;

/// <summary>Where both sides of a join of tables meet; keeps the result where it has a store.</summary>
internal sealed class TableJoinMerge<TKey, TValue>(string? storeName) : TableProcessor<TKey, TValue, TValue>(storeName)
{
    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        Update(in record, change.Now, change.HasNow, change.Before, change.HasBefore, record.Timestamp);
    }
}
