using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>Reads the entries of a pack in place, as the records that they were.</summary>
internal ref struct PackReader(in LogRecord pack)
{
    private readonly int _partitionIndex = pack.PartitionIndex;
    private readonly long _offset = pack.Offset;
    private ReadOnlySpan<byte> _rest = pack.Value;
    private long _time;
    private int _read;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The next entry. All have the pack's offset, and <see cref="LogRecord.Entry"/> tells how far in it they are.</summary>
    public bool TryReadNext(out LogRecord entry)
    {
        if (!PackRecord.TryReadNext(ref _rest, ref _time, out var key, out var value, out var readAt))
        {
            entry = default;
            return false;
        }

        _read++;
        entry = new()
        {
            Key = key.Bytes, HasKey = key.IsThere, Value = value.Bytes, HasValue = value.IsThere, PartitionIndex = _partitionIndex, Offset = _offset, Timestamp = _time,
            Entry = _rest.IsEmpty ? 0 : _read, Headers = readAt.IsEmpty ? null : new Headers().Add(ReadAt.Header, readAt.ToArray()),
        };
        return true;
    }
}
