using System.Numerics;
using System.Text;

namespace CrashStreams.Log;

/// <summary>How many bytes a record takes on the wire as the only one of its batch (Kafka's record format, version 2, not compressed).</summary>
internal static class RecordSize
{
    // Base offset 8, length 4, leader epoch 4, magic 1, CRC 4, attributes 2, last offset delta 4, times 16, producer 14, count 4.
    private const int BatchHeader = 61;

    /// <summary>The most that a batch of one record has besides key, value and headers.</summary>
    public const int MostOverhead = BatchHeader + RecordHeader + 3 * 5;

    // Attributes, time delta and offset delta of the only record: a byte each.
    private const int RecordHeader = 3;

    public static long OfBatch(in LogRecord record)
    {
        var size = RecordHeader + OfField(record.HasKey, record.Key.Length) + OfField(record.HasValue, record.Value.Length) + Of(record.Headers);
        return BatchHeader + Varint(size) + size;
    }

    public static long Of(Headers? headers)
    {
        var size = (long)Varint(headers?.Count ?? 0);
        for (var i = 0; i < headers?.Count; i++)
        {
            var (key, value) = headers[i];
            size += OfField(true, Encoding.UTF8.GetByteCount(key)) + OfField(value is not null, value?.Length ?? 0);
        }

        return size;
    }

    // A missing field has the length -1 and no bytes.
    private static long OfField(bool isPresent, int length) => isPresent ? Varint(length) + (long)length : 1;

    // Zigzag: a length takes one bit more than it has.
    private static int Varint(long value) => (BitOperations.Log2((ulong)value | 1) + 1 + 1 + 6) / 7;
}
