using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams;

/// <summary>Makes the cache of a table's updates where <see cref="Materialized{TKey, TValue}.CachedUpdates"/> asks for one.</summary>
internal static class UpdateCache
{
    public static Func<Processor<TKey, Change<TValue>, TKey, Change<TValue>>>? Of<TKey, TValue>(BuilderState builder, int? mostKeys, Serde<TKey>? keySerde, string node)
    {
        if (mostKeys is not { } most)
            return null;
        if (most < 1)
            builder.Faults.Add($"'{node}': {nameof(Materialized<TKey, TValue>.CachedUpdates)} is {most}; it is at least 1, or null for no cache.");
        return keySerde is null ? null : () => new CommitCache<TKey, TValue>(keySerde, most);
    }
}
