namespace CrashStreams.Operators;

/// <summary>What a table holds for a key: read from its store, or worked out from the tables in front of it.</summary>
internal abstract class TableReader<TKey, TValue>
{
    /// <summary>The value of a key, and its timestamp; false when there is none.</summary>
    public abstract bool TryGet(TKey key, out TValue value, out long timestamp);
}
