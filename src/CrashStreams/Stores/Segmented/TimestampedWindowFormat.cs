using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>The value in the store: <c>timestamp (8) · value</c>. In the changelog the timestamp is the record's, and the suffix is <c>start (8) · sequence (4, zero)</c>.</summary>
internal sealed class TimestampedWindowFormat(Segments segments) : SegmentedFormat(segments, sizeof(long) + sizeof(int), isTimeOrdered: true)
{
    protected override LogRecord WithValue(LogRecord record, ReadOnlySpan<byte> value) => record with
    {
        Value = value[sizeof(long)..], HasValue = true, Timestamp = BinaryPrimitives.ReadInt64BigEndian(value),
    };

    protected override void ReadValue(in LogRecord record, ByteBuffer into)
    {
        into.WriteInt64(record.Timestamp);
        into.Write(record.Value);
    }
}
