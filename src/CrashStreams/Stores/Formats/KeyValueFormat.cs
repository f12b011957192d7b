using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>A plain key-value store: key → value, in the store as in the changelog.</summary>
internal sealed class KeyValueFormat : StoreFormat
{
    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer) =>
        new() { Key = key, HasKey = true, Value = value, HasValue = isPresent, Timestamp = timestamp };

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        if (record.HasValue)
            store.RestorePut(record.Key, record.Value);
        else
            store.RestoreDelete(record.Key);
    }
}
