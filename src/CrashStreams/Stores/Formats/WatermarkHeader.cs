using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>The reference <c>w</c> of a stored record in its changelog: a header (8 bytes, big-endian), only where it is not the record's time.</summary>
internal static class WatermarkHeader
{
    public const string Key = "w";

    public static Headers? Of(long watermark, long timestamp)
    {
        if (watermark == timestamp)
            return null;
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, watermark);
        return new Headers().Add(Key, bytes);
    }

    public static long Read(in LogRecord record) =>
        record.Headers?.Last(Key) is { Length: sizeof(long) } bytes ? BinaryPrimitives.ReadInt64BigEndian(bytes) : record.Timestamp;
}
