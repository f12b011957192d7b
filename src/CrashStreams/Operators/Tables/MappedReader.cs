namespace CrashStreams.Operators;

/// <summary>Reads a mapped table that has no store.</summary>
internal sealed class MappedReader<TKey, TValue, TNewValue>(TableReader<TKey, TValue> source, Func<TKey, TValue, TNewValue> map) : TableReader<TKey, TNewValue>
{
    public override bool TryGet(TKey key, out TNewValue value, out long timestamp)
    {
        var isThere = source.TryGet(key, out var original, out timestamp);
        value = isThere ? map(key, original) : default!;
        return isThere && value is not null;
    }

    public override bool TryGetAsOf(TKey key, long time, long readAt, out TNewValue value)
    {
        var isThere = source.TryGetAsOf(key, time, readAt, out var original);
        value = isThere ? map(key, original) : default!;
        return isThere && value is not null;
    }
}
