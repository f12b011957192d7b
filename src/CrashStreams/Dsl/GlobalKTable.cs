namespace CrashStreams;

/// <summary>
/// A table that every thread of every instance has whole, from all partitions of a topic: for look-ups by any key, without repartitioning. It is read to the end that its topic had
/// at the start before anything else is processed, and followed from then on; it takes no part in event time.
/// </summary>
public sealed class GlobalKTable<TKey, TValue>
{
    internal GlobalKTable(BuilderState builder, string storeName)
    {
        Builder = builder;
        StoreName = storeName;
    }

    internal BuilderState Builder { get; }

    internal string StoreName { get; }
}
