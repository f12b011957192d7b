using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>What a thread has written to one partition of a repartition topic and not handed to the client yet.</summary>
internal sealed class Pack(int partition)
{
    // Beyond it a pack saves little more, and whoever reads it has more to do again after a crash.
    private const int MostBytes = 16 * 1024;

    private readonly ByteBuffer _entries = new();

    public int Partition => partition;

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The entries' highest time.</summary>
    public long Time { get; private set; }

    private long _lastTime;

    /// <summary>Whether an entry goes into a pack at all.</summary>
    public static bool Takes(in LogRecord record, byte[]? readAt, long maxBatchBytes) => PackRecord.MostBytes(in record, readAt) + RecordSize.MostOverhead + RecordSize.Of(PackRecord.Headers) <= Limit(maxBatchBytes);

    /// <summary>Whether an entry still goes into this one.</summary>
    public bool HasRoomFor(in LogRecord record, byte[]? readAt, long maxBatchBytes) =>
        _entries.Length + PackRecord.MostBytes(in record, readAt) + RecordSize.MostOverhead + RecordSize.Of(PackRecord.Headers) <= Limit(maxBatchBytes);

    public void Add(in LogRecord record, byte[]? readAt)
    {
        PackRecord.Append(_entries, in record, readAt, _lastTime);
        _lastTime = record.Timestamp;
        Time = Math.Max(Time, record.Timestamp);
    }

    /// <summary>The record that holds the entries; its bytes are valid until the next entry.</summary>
    public LogRecord ToRecord(long timestamp) => new() { Value = _entries.Written, HasValue = true, Timestamp = timestamp, Headers = PackRecord.Headers };

    public void Clear()
    {
        _entries.Clear();
        _lastTime = Time = 0;
    }

    private static long Limit(long maxBatchBytes) => Math.Min(MostBytes, maxBatchBytes);
}
