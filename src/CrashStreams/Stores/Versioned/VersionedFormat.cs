using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Versions of values. Changelog (Kafka Streams): key → value or tombstone, stamped with the time from which it holds; <c>w</c> is a header where it is
/// not that time. The store has each version, and an index of removals, which are dropped when nobody can ask for what was before:
/// <code>
/// 0 · escaped key · time (8) · w (8) → 1 · value, or 0 for a removal
/// 1 · time (8) · w (8) · key         → nothing
/// </code>
/// What is dropped from the store because of its age is left to the changelog's compaction.
/// </summary>
internal sealed class VersionedFormat : StoreFormat
{
    public const byte Versions = 0;
    public const byte Removals = 1;
    public const int SuffixLength = 2 * sizeof(long);

    private readonly ByteBuffer _key = new();

    /// <summary>The highest time that was restored, milliseconds.</summary>
    public long LatestRestored { get; private set; } = long.MinValue;

    public static long Timestamp(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^SuffixLength..]);

    public static long Watermark(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);

    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer)
    {
        if (!isPresent || key[0] != Versions)
            return default;
        var time = Timestamp(key);
        return new()
        {
            Key = OrderedKey.Read(key[1..^SuffixLength], buffer),
            HasKey = true,
            Value = value[1..],
            HasValue = value[0] == 1,
            Timestamp = time,
            Headers = WatermarkHeader.Of(Watermark(key), time),
        };
    }

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        LatestRestored = Math.Max(LatestRestored, record.Timestamp);
        var watermark = WatermarkHeader.Read(in record);
        buffer.WriteByte(record.HasValue ? (byte)1 : (byte)0);
        buffer.Write(record.Value);
        _key.Clear();
        _key.WriteByte(Versions);
        OrderedKey.Write(record.Key, _key);
        _key.WriteInt64(record.Timestamp);
        _key.WriteInt64(watermark);
        store.RestorePut(_key.Written, buffer.Written);
        _key.Clear();
        _key.WriteByte(Removals);
        _key.WriteInt64(record.Timestamp);
        _key.WriteInt64(watermark);
        _key.Write(record.Key);
        if (record.HasValue)
            store.RestoreDelete(_key.Written);
        else
            store.RestorePut(_key.Written, default);
    }
}
