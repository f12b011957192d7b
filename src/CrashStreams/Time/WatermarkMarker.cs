using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Time;

/// <summary>
/// Tells the readers of a repartition topic how far the event time of one writing task has come. It travels as a record without key and
/// value (which a Kafka Streams application would ignore) with one header:
/// <code>
/// cs-watermark = version (1) · upstream partition (4) · watermark (8) · idle (1) [· floor (8)]      big-endian
/// </code>
/// The floor is written where it is lower than the watermark: where an idle input was not waited for.
/// A record whose lateness is judged by another time than its own carries that time in the header <c>cs-read-at</c> (8).
/// </summary>
internal readonly record struct WatermarkMarker(int Partition, long Watermark, bool IsIdle, long Floor)
{
    public const string MarkerHeader = "cs-watermark";
    public const string RecordHeader = "cs-read-at";

    private const byte Version = 1;
    private const int Size = 1 + sizeof(int) + sizeof(long) + 1;
    private const int SizeWithFloor = Size + sizeof(long);

    public Headers ToHeaders()
    {
        var bytes = new byte[Floor == Watermark ? Size : SizeWithFloor];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), Partition);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(5), Watermark);
        bytes[13] = IsIdle ? (byte)1 : (byte)0;
        if (bytes.Length == SizeWithFloor)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(Size), Floor);
        return new Headers().Add(MarkerHeader, bytes);
    }

    public static bool TryRead(Headers headers, out WatermarkMarker marker)
    {
        marker = default;
        if (headers.Last(MarkerHeader) is not { Length: Size or SizeWithFloor } bytes || bytes[0] != Version)
            return false;
        var watermark = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(5));
        var floor = bytes.Length == Size ? watermark : BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(Size));
        marker = new(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)), watermark, bytes[13] != 0, floor);
        return true;
    }

    /// <summary>Takes the carried lateness reference out of a record's headers; what is left may be null.</summary>
    public static long TakeRecordWatermark(ref Headers? headers, long timestamp)
    {
        if (headers?.Last(RecordHeader) is not { Length: sizeof(long) } bytes)
            return timestamp;
        if (headers.Count == 1)
        {
            headers = null;
        }
        else
        {
            headers = headers.Copy();
            headers.Remove(RecordHeader);
        }

        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    public static Headers WithRecordWatermark(Headers? headers, long watermark)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, watermark);
        return (headers?.Copy() ?? new Headers()).Add(RecordHeader, bytes);
    }
}
