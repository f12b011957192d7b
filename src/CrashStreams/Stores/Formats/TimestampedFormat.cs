using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// A timestamped key-value store: key → <c>timestamp (8) · value</c> in the store, key → value in the changelog, stamped with the value's time.
/// </summary>
internal sealed class TimestampedFormat : StoreFormat
{
    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer) =>
        new() { Key = key, HasKey = true, Value = isPresent ? value[sizeof(long)..] : default, HasValue = isPresent, Timestamp = timestamp };

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        if (!record.HasValue)
        {
            store.RestoreDelete(record.Key);
            return;
        }

        buffer.WriteInt64(record.Timestamp);
        buffer.Write(record.Value);
        store.RestorePut(record.Key, buffer.Written);
    }
}
