using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// How the entries of an <see cref="OrderedStore"/> lie in its changelog. The two differ: a changelog has Kafka Streams' format, a store the order in
/// which it is read.
/// </summary>
internal abstract class StoreFormat
{
    /// <summary>The changelog's record of an entry; without a key when the entry is not logged (an index).</summary>
    /// <param name="key">The entry's key in the store.</param>
    /// <param name="value">The entry's value in the store; empty when it was removed.</param>
    /// <param name="isPresent">False when the entry was removed.</param>
    /// <param name="timestamp">The event time that the entry was written with, milliseconds.</param>
    /// <param name="buffer">Empty, for the bytes that are not in the store as they are.</param>
    public abstract LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer);

    /// <summary>Applies a record of the changelog by <see cref="OrderedStore.RestorePut"/> and <see cref="OrderedStore.RestoreDelete"/>.</summary>
    /// <param name="record">The record.</param>
    /// <param name="store">The store.</param>
    /// <param name="buffer">Empty, for the bytes that are not in the changelog as they are.</param>
    public abstract void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer);
}
