using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>The value in the store: <c>w (8) · value</c>. In the changelog <c>w</c> is a header, where it is not the record's time.</summary>
internal sealed class JoinFormat(Segments segments) : SegmentedFormat(segments, sizeof(long) + sizeof(int))
{
    protected override LogRecord WithValue(LogRecord record, ReadOnlySpan<byte> value) => record with
    {
        Value = value[sizeof(long)..], HasValue = true, Headers = WatermarkHeader.Of(BinaryPrimitives.ReadInt64BigEndian(value), record.Timestamp),
    };

    protected override void ReadValue(in LogRecord record, ByteBuffer into)
    {
        into.WriteInt64(WatermarkHeader.Read(in record));
        into.Write(record.Value);
    }
}
