using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Entries by key and time. In the changelog, as in Kafka Streams:
/// <code>
/// key · suffix, which begins with a time (8)  → value
/// </code>
/// and in the store, with a second entry for those that are read in the order of time alone:
/// <code>
/// segment (8) · 0 · escaped key · suffix      → value
/// segment (8) · 1 · suffix · key              → nothing
/// </code>
/// </summary>
/// <param name="segments">Which segment a time is in.</param>
/// <param name="suffixLength">Bytes behind the key, at least 8.</param>
/// <param name="isTimeOrdered">Whether there is the second entry.</param>
internal class SegmentedFormat(Segments segments, int suffixLength, bool isTimeOrdered = false) : StoreFormat
{
    public const byte ByKey = 0;
    public const byte ByTime = 1;

    /// <summary>Where the key begins, or in entries by time the suffix.</summary>
    public const int HeadLength = sizeof(long) + 1;

    private readonly ByteBuffer _key = new();

    public int SuffixLength => suffixLength;

    public static void WriteHead(ByteBuffer into, long segment, byte space)
    {
        into.WriteInt64(segment);
        into.WriteByte(space);
    }

    public sealed override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer)
    {
        if (key[sizeof(long)] != ByKey)
            return default;
        OrderedKey.Append(key[HeadLength..^suffixLength], buffer);
        buffer.Write(key[^suffixLength..]);
        var record = new LogRecord { Key = buffer.Written, HasKey = true, Timestamp = timestamp };
        return isPresent ? WithValue(record, value) : record;
    }

    public sealed override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        var suffix = record.Key[^suffixLength..];
        var time = BinaryPrimitives.ReadInt64BigEndian(suffix);
        var segment = segments.Of(time);
        segments.Add(segment);
        if (record.HasValue)
            ReadValue(in record, buffer);
        _key.Clear();
        WriteHead(_key, segment, ByKey);
        OrderedKey.Write(record.Key[..^suffixLength], _key);
        _key.Write(suffix);
        Restore(store, record.HasValue, buffer.Written);
        if (!isTimeOrdered)
            return;
        _key.Clear();
        WriteHead(_key, segment, ByTime);
        _key.Write(suffix);
        _key.Write(record.Key[..^suffixLength]);
        Restore(store, record.HasValue, default);
    }

    /// <summary>The changelog's record of an entry that is present, given its key and time.</summary>
    protected virtual LogRecord WithValue(LogRecord record, ReadOnlySpan<byte> value) => record with { Value = value, HasValue = true };

    /// <summary>The store's value of a record.</summary>
    protected virtual void ReadValue(in LogRecord record, ByteBuffer into) => into.Write(record.Value);

    private void Restore(OrderedStore store, bool isPresent, ReadOnlySpan<byte> value)
    {
        if (isPresent)
            store.RestorePut(_key.Written, value);
        else
            store.RestoreDelete(_key.Written);
    }
}
