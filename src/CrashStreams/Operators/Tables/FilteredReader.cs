namespace CrashStreams.Operators;

/// <summary>Reads a filtered table that has no store.</summary>
internal sealed class FilteredReader<TKey, TValue>(TableReader<TKey, TValue> source, Func<TKey, TValue, bool> predicate) : TableReader<TKey, TValue>
{
    public override bool TryGet(TKey key, out TValue value, out long timestamp) =>
        source.TryGet(key, out value, out timestamp) && predicate(key, value);

    public override bool TryGetAsOf(TKey key, long time, long readAt, out TValue value) => source.TryGetAsOf(key, time, readAt, out value) && predicate(key, value);
}
