using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>The batch at a position, and the largest timestamp of all batches before it in the segment.</summary>
internal readonly record struct IndexEntry(int RelativeOffset, int Position, long MaxTimestampBefore);

/// <summary>
/// The offset index and the time index of a segment in one: some of its batches, in order. Since the largest timestamp so far never
/// falls, the list is sorted by offset, by position and by time, however unordered the records' timestamps are.
/// </summary>
/// <remarks>The file holds chunks, appended: <c>int32 count, uint32 CRC-32C, count x (int32 offset, int32 position, int64 timestamp)</c>.</remarks>
internal sealed class SparseIndex
{
    private const int ChunkHeaderSize = 8;
    private const int EntrySize = 16;

    private readonly List<IndexEntry> _entries = [];
    private int _saved;

    public int Count => _entries.Count;

    public void Add(int relativeOffset, int position, long maxTimestampBefore) => _entries.Add(new(relativeOffset, position, maxTimestampBefore));

    /// <summary>Where to start looking for an offset.</summary>
    public IndexEntry FloorByOffset(int relativeOffset) => Floor(relativeOffset, static (entry, offset) => entry.RelativeOffset <= offset);

    /// <summary>The last indexed batch that begins at or before a position.</summary>
    public IndexEntry FloorByPosition(int position) => Floor(position, static (entry, position) => entry.Position <= position);

    /// <summary>Where to start looking for a timestamp: nothing before has one as late as that.</summary>
    public IndexEntry FloorByTimestamp(long timestamp) => Floor(timestamp, static (entry, timestamp) => entry.MaxTimestampBefore < timestamp);

    /// <summary>Forgets the batches from a position on, and that anything was saved.</summary>
    public void Truncate(long position)
    {
        var first = FirstNot(position, static (entry, position) => entry.Position < position);
        _entries.RemoveRange(first, _entries.Count - first);
        _saved = 0;
    }

    /// <summary>Appends what is new to the file.</summary>
    public void Save(IStorageFile file)
    {
        var count = _entries.Count - _saved;
        if (count == 0)
            return;
        var chunk = new byte[ChunkHeaderSize + count * EntrySize];
        var target = chunk.AsSpan(ChunkHeaderSize);
        foreach (var entry in CollectionsMarshal.AsSpan(_entries)[_saved..])
        {
            BinaryPrimitives.WriteInt32BigEndian(target, entry.RelativeOffset);
            BinaryPrimitives.WriteInt32BigEndian(target[4..], entry.Position);
            BinaryPrimitives.WriteInt64BigEndian(target[8..], entry.MaxTimestampBefore);
            target = target[EntrySize..];
        }
        BinaryPrimitives.WriteInt32BigEndian(chunk, count);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4), Crc32C.Compute(chunk.AsSpan(ChunkHeaderSize)));
        file.Write(_saved == 0 ? 0 : file.Length, chunk);
        if (_saved == 0)
            file.Truncate(chunk.Length);
        _saved = _entries.Count;
    }

    /// <summary>Reads the entries of batches before a position. What is damaged, or makes no sense, ends the reading.</summary>
    public void Load(IStorageFile file, long endPosition)
    {
        _entries.Clear();
        var bytes = new byte[(int)Math.Min(file.Length, ChunkHeaderSize * 2 + EntrySize * (endPosition / RecordBatchHeader.Size + 1) * 2)];
        ReadOnlySpan<byte> left = bytes.AsSpan(0, file.Read(0, bytes));
        while (left.Length >= ChunkHeaderSize)
        {
            var count = BinaryPrimitives.ReadInt32BigEndian(left);
            if (count <= 0 || count > (left.Length - ChunkHeaderSize) / EntrySize)
                break;
            var chunk = left.Slice(ChunkHeaderSize, count * EntrySize);
            if (BinaryPrimitives.ReadUInt32BigEndian(left[4..]) != Crc32C.Compute(chunk) || !TryAdd(chunk, endPosition))
                break;
            left = left[(ChunkHeaderSize + chunk.Length)..];
        }
        _saved = left.Length == 0 ? _entries.Count : 0;
    }

    private bool TryAdd(ReadOnlySpan<byte> chunk, long endPosition)
    {
        for (; chunk.Length > 0; chunk = chunk[EntrySize..])
        {
            var entry = new IndexEntry(BinaryPrimitives.ReadInt32BigEndian(chunk), BinaryPrimitives.ReadInt32BigEndian(chunk[4..]),
                BinaryPrimitives.ReadInt64BigEndian(chunk[8..]));
            var last = _entries.Count == 0 ? new IndexEntry(-1, -1, long.MinValue) : _entries[^1];
            if (entry.RelativeOffset <= last.RelativeOffset || entry.Position <= last.Position || entry.MaxTimestampBefore < last.MaxTimestampBefore
                || entry.Position >= endPosition)
                return false;
            _entries.Add(entry);
        }
        return true;
    }

    private IndexEntry Floor<T>(T bound, Func<IndexEntry, T, bool> isBefore)
    {
        var first = FirstNot(bound, isBefore);
        return first == 0 ? new IndexEntry(0, 0, long.MinValue) : _entries[first - 1];
    }

    private int FirstNot<T>(T bound, Func<IndexEntry, T, bool> isBefore)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (isBefore(_entries[middle], bound))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
