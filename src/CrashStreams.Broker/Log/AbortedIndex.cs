using System.Buffers.Binary;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>An aborted transaction: its first data, its marker, and the last stable offset just after the marker.</summary>
internal readonly record struct AbortedEntry(long ProducerId, long FirstOffset, long LastOffset, long StableOffset);

/// <summary>
/// The aborted transactions of a log, in the order of their markers, kept until the log start has passed the marker.
/// </summary>
/// <remarks>The file is appended to: <c>int64 producerId, int64 first, int64 last, int64 stable, uint32 CRC-32C</c>.</remarks>
internal sealed class AbortedIndex(IStorage storage, string path)
{
    private const int EntrySize = 36;
    private readonly List<AbortedEntry> _entries = [];
    private int _saved;
    private bool _rewrite;

    public IReadOnlyList<AbortedEntry> Entries => _entries;

    public uint Checksum => _entries.Count == 0 ? 0 : Crc32C.Compute(Encode(0));

    public void Add(AbortedEntry entry) => _entries.Add(entry);

    /// <summary>All aborted transactions that overlap [fetchOffset, end). One that starts far before or ends far behind is among them.</summary>
    public IReadOnlyList<AbortedTransaction> Overlapping(long fetchOffset, long end)
    {
        List<AbortedTransaction>? found = null;
        for (var i = FirstEndingAt(fetchOffset); i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry.FirstOffset < end)
                (found ??= []).Add(new AbortedTransaction(entry.ProducerId, entry.FirstOffset));

            // All data before the stable offset was decided by then: a transaction that ended later began at or after it.
            if (entry.StableOffset >= end)
                break;
        }
        return found ?? (IReadOnlyList<AbortedTransaction>)[];
    }

    public bool HasMarker(long offset) => FirstEndingAt(offset) is var i && i < _entries.Count && _entries[i].LastOffset == offset;

    public void DropBefore(long logStartOffset)
    {
        var count = FirstEndingAt(logStartOffset);
        _entries.RemoveRange(0, count);
        _rewrite |= count > 0;
    }

    /// <summary>Drops the transactions whose markers are among these: nothing of them is in the log any more.</summary>
    public void Drop(IReadOnlySet<long> markers) => _rewrite |= _entries.RemoveAll(entry => markers.Contains(entry.LastOffset)) > 0;

    public void Clear()
    {
        _entries.Clear();
        _rewrite = true;
    }

    public void Save(bool flush)
    {
        if (_rewrite)
        {
            AtomicFile.Write(storage, path, Encode(0), flush);
            _rewrite = false;
        }
        else if (_saved < _entries.Count)
        {
            using var file = storage.Open(path, create: true);
            file.Write((long)_saved * EntrySize, Encode(_saved));
        }
        _saved = _entries.Count;
        if (flush && _saved > 0)
        {
            using var file = storage.Open(path, create: true);
            file.Flush();
        }
    }

    /// <summary>Reads the transactions whose markers lie in [start, end); the log is read again from there on.</summary>
    public void Load(long start, long end)
    {
        _entries.Clear();
        _saved = 0;
        _rewrite = storage.Exists(path);
        if (!_rewrite)
            return;
        using var file = storage.Open(path, create: false);
        var bytes = new byte[file.Length - file.Length % EntrySize];
        ReadOnlySpan<byte> left = bytes.AsSpan(0, file.Read(0, bytes));
        for (; left.Length >= EntrySize; left = left[EntrySize..])
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(left[32..]) != Crc32C.Compute(left[..32]))
                return;
            var entry = new AbortedEntry(BinaryPrimitives.ReadInt64BigEndian(left), BinaryPrimitives.ReadInt64BigEndian(left[8..]),
                BinaryPrimitives.ReadInt64BigEndian(left[16..]), BinaryPrimitives.ReadInt64BigEndian(left[24..]));
            if (entry.LastOffset >= start && entry.LastOffset < end && (_entries.Count == 0 || entry.LastOffset > _entries[^1].LastOffset))
                _entries.Add(entry);
        }
    }

    private byte[] Encode(int first)
    {
        var bytes = new byte[(_entries.Count - first) * EntrySize];
        var target = bytes.AsSpan();
        for (var i = first; i < _entries.Count; i++, target = target[EntrySize..])
        {
            var entry = _entries[i];
            BinaryPrimitives.WriteInt64BigEndian(target, entry.ProducerId);
            BinaryPrimitives.WriteInt64BigEndian(target[8..], entry.FirstOffset);
            BinaryPrimitives.WriteInt64BigEndian(target[16..], entry.LastOffset);
            BinaryPrimitives.WriteInt64BigEndian(target[24..], entry.StableOffset);
            BinaryPrimitives.WriteUInt32BigEndian(target[32..], Crc32C.Compute(target[..32]));
        }
        return bytes;
    }

    private int FirstEndingAt(long offset)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].LastOffset < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
