using System.Buffers.Binary;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Time;

/// <summary>
/// What a record takes along through a repartition topic when its lateness is judged by another time than its own: that time and, unless it is a result,
/// where it was read from a source topic. It travels in one header:
/// <code>
/// cs-read-at = watermark (8) [· source partition (4) · source offset (8) · source topic (UTF-8)]      big-endian
/// </code>
/// The partition's highest bit says that others of the same source record may have come before it or behind it, whatever stands in front of it (<see cref="IsUnordered"/>).
/// A record that can be late is always out of order, so whatever is late knows its origin, and a record in order carries nothing.
/// </summary>
internal static class ReadAt
{
    public const string Header = "cs-read-at";

    private const int SizeWithoutTopic = sizeof(long) + sizeof(int) + sizeof(long);

    private const int Unordered = int.MinValue;

    public static byte[] Encode(long watermark, in SourcePosition? source, bool isUnordered = false)
    {
        var bytes = new byte[source is { } read ? SizeWithoutTopic + Encoding.UTF8.GetByteCount(read.Topic) : sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, watermark);
        if (source is not { } position)
            return bytes;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), isUnordered ? position.Partition | Unordered : position.Partition);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), position.Offset);
        Encoding.UTF8.GetBytes(position.Topic, bytes.AsSpan(SizeWithoutTopic));
        return bytes;
    }

    public static long Watermark(byte[] header) => BinaryPrimitives.ReadInt64BigEndian(header);

    public static SourcePosition? Source(byte[]? header) => header is not { Length: > SizeWithoutTopic } bytes ? null : new(
        Encoding.UTF8.GetString(bytes.AsSpan(SizeWithoutTopic)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8)) & ~Unordered, BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(12)));

    /// <summary>Whether it is the result of a call that took its time, which is not known: so its place among those of one source record is not either.</summary>
    public static bool IsUnordered(byte[]? header) => header is { Length: > SizeWithoutTopic } && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8)) < 0;

    /// <summary>Takes the header out of a record's headers; what is left may be null. Null when there was none.</summary>
    public static byte[]? Take(ref Headers? headers)
    {
        if (headers?.Last(Header) is not { Length: sizeof(long) or > SizeWithoutTopic } bytes)
            return null;
        headers = Without(headers, Header);
        return bytes;
    }

    public static Headers Put(Headers? headers, byte[] header) => (headers?.Copy() ?? new Headers()).Add(Header, header);

    /// <summary>A source topic may hold what was copied from a repartition or late topic: the headers with which tasks talk to each other mean nothing there.</summary>
    public static Headers? WithoutOurs(Headers? headers)
    {
        if (headers?.Last(Header) is not null)
            headers = Without(headers, Header);
        return headers?.Last(MarkerRecord.Header) is null ? headers : Without(headers, MarkerRecord.Header);
    }

    private static Headers? Without(Headers headers, string key)
    {
        var rest = headers.Copy();
        rest.Remove(key);
        return rest.Count == 0 ? null : rest;
    }
}
