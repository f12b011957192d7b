using System.Buffers.Binary;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Where a record that waits was read, as Kafka Streams writes it:
/// <code>
/// timestamp (8) · offset (8) · topic (4 + n) · partition (4) · headers (4 + ...)
/// </code>
/// Lengths are 4 bytes; -1 is null.
/// </summary>
internal readonly record struct BufferedContext(long Timestamp, long Offset, string Topic, int Partition, Headers? Headers)
{
    public const int Null = -1;

    /// <summary>What Kafka Streams takes a context to need in memory: times, partition, and the characters of names.</summary>
    public static long EstimatedBytes(string topic, Headers? headers)
    {
        long bytes = (2 * sizeof(long)) + sizeof(int) + topic.Length;
        foreach (var (key, value) in headers ?? [])
            bytes += key.Length + (value?.Length ?? 0);
        return bytes;
    }

    public void Write(ByteBuffer into)
    {
        into.WriteInt64(Timestamp);
        into.WriteInt64(Offset);
        WriteText(into, Topic);
        into.WriteInt32(Partition);
        into.WriteInt32(Headers?.Count ?? 0);
        foreach (var (key, value) in Headers ?? [])
        {
            WriteText(into, key);
            into.WriteInt32(value?.Length ?? Null);
            into.Write(value);
        }
    }

    /// <summary>Reads it from the beginning of <paramref name="bytes"/>, which go on behind it.</summary>
    public static BufferedContext Read(ref ReadOnlySpan<byte> bytes)
    {
        var timestamp = ReadInt64(ref bytes);
        var offset = ReadInt64(ref bytes);
        var topic = Encoding.UTF8.GetString(ReadSized(ref bytes, out _));
        var partition = ReadInt32(ref bytes);
        Headers? headers = null;
        for (var left = ReadInt32(ref bytes); left > 0; left--)
        {
            var key = Encoding.UTF8.GetString(ReadSized(ref bytes, out _));
            var value = ReadSized(ref bytes, out var length);
            (headers ??= new Headers()).Add(key, length == Null ? null : value.ToArray());
        }

        return new(timestamp, offset, topic, partition, headers);
    }

    public static ReadOnlySpan<byte> ReadSized(ref ReadOnlySpan<byte> bytes, out int length)
    {
        length = ReadInt32(ref bytes);
        if (length < 0)
            return default;
        var value = bytes[..length];
        bytes = bytes[length..];
        return value;
    }

    public static int ReadInt32(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(bytes);
        bytes = bytes[sizeof(int)..];
        return value;
    }

    public static long ReadInt64(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt64BigEndian(bytes);
        bytes = bytes[sizeof(long)..];
        return value;
    }

    private static void WriteText(ByteBuffer into, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        into.WriteInt32(length);
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(length)));
    }
}
