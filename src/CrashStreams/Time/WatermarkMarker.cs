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
/// </summary>
internal readonly record struct WatermarkMarker(int Partition, long Watermark, bool IsIdle, long Floor)
{
    public const string MarkerHeader = "cs-watermark";

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
}
