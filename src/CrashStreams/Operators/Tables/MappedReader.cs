namespace CrashStreams.Operators;

/// <summary>Reads a mapped table that has no store.</summary>
internal sealed class MappedReader<TKey, TValue, TNewValue>(TableReader<TKey, TValue> source, Func<TKey, TValue, TNewValue> map) : TableReader<TKey, TNewValue>
{
    public override bool TryGet(TKey key, out TNewValue value, out long timestamp)
    {
        value = source.TryGet(key, out var original, out timestamp) ? map(key, original) : default!;
        return value is not null && timestamp >= 0;
    }

    public override bool TryGetAsOf(TKey key, long time, long readAt, out TNewValue value)
    {
        value = source.TryGetAsOf(key, time, readAt, out var original) ? map(key, original) : default!;
        return value is not null && original is not null;
    }
}
