using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Records of an outer join that wait for a partner. Changelog (Kafka Streams):
/// <code>
/// time (8) · side (1: 1 left, 0 right) · key → 1 (1) · count (4) · count x [length (4) · side (1) · value]
/// </code>
/// The store has the same key; its value is <c>count (4) · count x w (8) · changelog value</c>. In the changelog the <c>w</c> are one header, where one of
/// them is not the time.
/// </summary>
internal sealed class OuterJoinFormat : StoreFormat
{
    private const int KeyOffset = sizeof(long) + 1;
    private const int ListHead = 1 + sizeof(int);

    public static long Timestamp(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key);

    public static bool IsLeft(ReadOnlySpan<byte> key) => key[sizeof(long)] == 1;

    public static ReadOnlySpan<byte> Key(ReadOnlySpan<byte> key) => key[KeyOffset..];

    public static int Count(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : BinaryPrimitives.ReadInt32BigEndian(value);

    public static ReadOnlySpan<byte> Item(ReadOnlySpan<byte> value, int index, out long watermark)
    {
        watermark = BinaryPrimitives.ReadInt64BigEndian(value[(sizeof(int) + (index * sizeof(long)))..]);
        var items = Items(value);
        for (; index > 0; index--)
            items = items[(sizeof(int) + BinaryPrimitives.ReadInt32BigEndian(items))..];
        return items.Slice(sizeof(int) + 1, BinaryPrimitives.ReadInt32BigEndian(items) - 1);
    }

    /// <summary>Writes the list with one item more.</summary>
    public static void Append(ReadOnlySpan<byte> value, long watermark, bool isLeft, ReadOnlySpan<byte> item, ByteBuffer into)
    {
        var count = Count(value);
        into.Clear();
        into.WriteInt32(count + 1);
        if (count > 0)
            into.Write(value.Slice(sizeof(int), count * sizeof(long)));
        into.WriteInt64(watermark);
        into.WriteByte(1);
        into.WriteInt32(count + 1);
        if (count > 0)
            into.Write(Items(value));
        into.WriteInt32(item.Length + 1);
        into.WriteByte(isLeft ? (byte)1 : (byte)0);
        into.Write(item);
    }

    /// <summary>Writes the list without the items whose <c>w</c> is from one time on and below another.</summary>
    public static (int Removed, int Kept) Remove(ReadOnlySpan<byte> value, long fromWatermark, long belowWatermark, ByteBuffer into)
    {
        into.Clear();
        var (removed, kept) = (0, 0);
        ReadOnlySpan<byte> list = default;
        for (var i = 0; i < Count(value); i++)
        {
            var item = Item(value, i, out var watermark);
            if (watermark >= fromWatermark && watermark < belowWatermark)
            {
                removed++;
                continue;
            }

            kept++;
            Append(list, watermark, IsLeftItem(value, i), item, into);
            list = into.Written.ToArray();
        }

        return (removed, kept);
    }

    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer)
    {
        var record = new LogRecord { Key = key, HasKey = true, Timestamp = timestamp };
        if (!isPresent)
            return record;
        var watermarks = value.Slice(sizeof(int), Count(value) * sizeof(long));
        return record with { Value = value[(sizeof(int) + watermarks.Length)..], HasValue = true, Headers = HeadersOf(watermarks, Timestamp(key)) };
    }

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        if (!record.HasValue)
        {
            store.RestoreDelete(record.Key);
            return;
        }

        var count = BinaryPrimitives.ReadInt32BigEndian(record.Value[1..]);
        buffer.WriteInt32(count);
        if (record.Headers?.Last(WatermarkHeader.Key) is { } watermarks && watermarks.Length == count * sizeof(long))
            buffer.Write(watermarks);
        else
            for (var i = 0; i < count; i++)
                buffer.WriteInt64(Timestamp(record.Key));
        buffer.Write(record.Value);
        store.RestorePut(record.Key, buffer.Written);
    }

    private static bool IsLeftItem(ReadOnlySpan<byte> value, int index)
    {
        var items = Items(value);
        for (; index > 0; index--)
            items = items[(sizeof(int) + BinaryPrimitives.ReadInt32BigEndian(items))..];
        return items[sizeof(int)] == 1;
    }

    private static ReadOnlySpan<byte> Items(ReadOnlySpan<byte> value) => value[(sizeof(int) + (Count(value) * sizeof(long)) + ListHead)..];

    private static Headers? HeadersOf(ReadOnlySpan<byte> watermarks, long timestamp)
    {
        for (var i = 0; i < watermarks.Length; i += sizeof(long))
        {
            if (BinaryPrimitives.ReadInt64BigEndian(watermarks[i..]) != timestamp)
                return new Headers().Add(WatermarkHeader.Key, watermarks.ToArray());
        }

        return null;
    }
}
