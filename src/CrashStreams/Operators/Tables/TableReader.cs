namespace CrashStreams.Operators;

/// <summary>What a table holds for a key: read from its store, or worked out from the tables in front of it.</summary>
internal abstract class TableReader<TKey, TValue>
{
    /// <summary>The value of a key, and its timestamp; false when there is none.</summary>
    public abstract bool TryGet(TKey key, out TValue value, out long timestamp);

    /// <summary>The value of a key at a time, where the table keeps its history; else the last one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="time">The time, milliseconds.</param>
    /// <param name="readAt">Updates with a higher reference <c>w</c> are not seen; <see cref="long.MaxValue"/>: all are, as with the Observed clock.</param>
    /// <param name="value">The value.</param>
    public virtual bool TryGetAsOf(TKey key, long time, long readAt, out TValue value) => TryGet(key, out value, out _);
}
