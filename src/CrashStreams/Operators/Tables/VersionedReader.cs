using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches a table.

/// <summary>Reads a table that keeps its history.</summary>
internal sealed class VersionedReader<TKey, TValue>(VersionedStore<TKey, TValue> store) : TableReader<TKey, TValue>
{
    public override bool TryGet(TKey key, out TValue value, out long timestamp) =>
        Read(store.TryGet(key, out var version), in version, out value, out timestamp);

    public override bool TryGetAsOf(TKey key, long time, long readAt, out TValue value) => readAt == long.MaxValue
        ? Read(store.TryGetAsOf(key, time, out var held), in held, out value, out _)
        : Read(store.TryGetAsOf(key, time, readAt, out var version), in version, out value, out _);

    private static bool Read(bool exists, in ValueVersion<TValue> version, out TValue value, out long timestamp)
    {
        (value, timestamp) = (version.Value, version.Timestamp);
        return exists;
    }
}
