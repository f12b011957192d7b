using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>The batch at a position, and the largest timestamp of all batches before it in the segment.</summary>
internal readonly record struct IndexEntry(int RelativeOffset, int Position, long MaxTimestampBefore);

/// <summary>What a closed segment says about itself, so that nobody has to read it to know.</summary>
internal readonly record struct SegmentSummary(long Length, long MaxTimestamp);

/// <summary>
/// The offset index and the time index of a segment in one: some of its batches, in order. Since the largest timestamp so far never
/// falls, the list is sorted by offset, by position and by time, however unordered the records' timestamps are.
/// </summary>
/// <remarks>The file holds chunks, appended: <c>int32 count, uint32 CRC-32C, count x (int32 offset, int32 position, int64 timestamp)</c>.
/// A closed segment ends with a chunk of count -1: <c>int64 length, int64 largest timestamp</c>.</remarks>
internal sealed class SparseIndex
{
    private const int ChunkHeaderSize = 8;
    private const int EntrySize = 16;
    private const int SummaryCount = -1;

    /// <summary>
    /// Entries lie at least this part of what is before them apart: a full segment of 1 GB has some ten thousand entries (200 KB), the
    /// look-up from an entry on passes over 0.05 % of it, and what a log keeps in memory hardly grows with it.
    /// </summary>
    private const int PartsOfPosition = 2048;

    private readonly List<IndexEntry> _entries = [];
    private int _saved;

    public int LastPosition => _entries.Count == 0 ? -1 : _entries[^1].Position;

    /// <summary>Whether the batch at a position is far enough behind the last entry to get one.</summary>
    public bool IsDue(long position, int intervalBytes) => _entries.Count == 0 || position - LastPosition >= Math.Max(intervalBytes, position / PartsOfPosition);

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

    /// <summary>Appends what is new to the file; what it holds of other entries is dropped.</summary>
    public void Save(IStorageFile file, SegmentSummary? summary)
    {
        if (_saved == 0)
            file.Truncate(0);
        var count = _entries.Count - _saved;
        if (count == 0 && summary is null)
            return;
        using var chunks = new PooledBuffer();
        if (count > 0)
            WriteEntries(chunks, CollectionsMarshal.AsSpan(_entries)[_saved..]);
        if (summary is { } closed)
            WriteSummary(chunks, closed);
        file.Write(file.Length, chunks.Written);
        _saved = _entries.Count;
    }

    /// <summary>Reads the entries of batches before a position. What is damaged, or makes no sense, ends the reading.</summary>
    public SegmentSummary? Load(IStorageFile file, long endPosition)
    {
        _entries.Clear();
        _saved = 0;
        var bytes = new byte[(int)Math.Min(file.Length, 3 * EntrySize * (endPosition / RecordBatchHeader.Size + 4))];
        ReadOnlySpan<byte> left = bytes.AsSpan(0, file.Read(0, bytes));
        while (left.Length >= ChunkHeaderSize)
        {
            var count = BinaryPrimitives.ReadInt32BigEndian(left);
            var size = count == SummaryCount ? EntrySize : (long)count * EntrySize;
            if (size <= 0 || size > left.Length - ChunkHeaderSize)
                return null;
            var chunk = left.Slice(ChunkHeaderSize, (int)size);
            if (BinaryPrimitives.ReadUInt32BigEndian(left[4..]) != Crc32C.Compute(chunk))
                return null;
            if (count == SummaryCount)
                return new SegmentSummary(BinaryPrimitives.ReadInt64BigEndian(chunk), BinaryPrimitives.ReadInt64BigEndian(chunk[8..]));
            if (!TryAdd(chunk, endPosition))
                return null;
            left = left[(ChunkHeaderSize + chunk.Length)..];
        }
        if (left.Length == 0)
            _saved = _entries.Count;
        return null;
    }

    private static void WriteEntries(PooledBuffer chunks, ReadOnlySpan<IndexEntry> entries)
    {
        var chunk = chunks.GetSpan(ChunkHeaderSize + entries.Length * EntrySize)[..(ChunkHeaderSize + entries.Length * EntrySize)];
        for (var i = 0; i < entries.Length; i++)
        {
            var target = chunk[(ChunkHeaderSize + i * EntrySize)..];
            BinaryPrimitives.WriteInt32BigEndian(target, entries[i].RelativeOffset);
            BinaryPrimitives.WriteInt32BigEndian(target[4..], entries[i].Position);
            BinaryPrimitives.WriteInt64BigEndian(target[8..], entries[i].MaxTimestampBefore);
        }
        Finish(chunks, chunk, entries.Length);
    }

    private static void WriteSummary(PooledBuffer chunks, SegmentSummary summary)
    {
        var chunk = chunks.GetSpan(ChunkHeaderSize + EntrySize)[..(ChunkHeaderSize + EntrySize)];
        BinaryPrimitives.WriteInt64BigEndian(chunk[8..], summary.Length);
        BinaryPrimitives.WriteInt64BigEndian(chunk[16..], summary.MaxTimestamp);
        Finish(chunks, chunk, SummaryCount);
    }

    private static void Finish(PooledBuffer chunks, Span<byte> chunk, int count)
    {
        BinaryPrimitives.WriteInt32BigEndian(chunk, count);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], Crc32C.Compute(chunk[ChunkHeaderSize..]));
        chunks.Advance(chunk.Length);
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
