using System.Buffers.Binary;

namespace CrashStreams.RocksDb;

/// <summary>
/// Batches of a bulk load, put together and in key order, with the last change of each key only. A skip list takes neighbours in order at a fraction of what
/// a random place costs: docs/decisions/rocksdb-bulk-load.md.
/// </summary>
internal sealed class SortedRun
{
    private readonly StoreBatch _sorted = new();
    private byte[] _bytes = [];
    private int _length;
    private Entry[] _entries = [];
    private int _count;

    /// <summary>Whether no batch is in it. One without changes counts: it moves the position.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Bytes of changes in it.</summary>
    public int Bytes => _length;

    /// <summary>Copies a batch of puts and deletes behind those that are there.</summary>
    public void Append(StoreBatch batch)
    {
        IsEmpty = false;
        var changes = batch.Changes;
        if (_length + changes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + changes.Length, 2 * _bytes.Length));
        if (_count + batch.Count > _entries.Length)
            Array.Resize(ref _entries, Math.Max(_count + batch.Count, 2 * _entries.Length));
        var start = _length;
        changes.CopyTo(_bytes.AsSpan(start));
        _length += changes.Length;
        foreach (var change in batch)
            _entries[_count++] = new(Prefix(change.Key(_bytes.AsSpan(start))), start + change.Start, change.Length, start + change.KeyStart, change.KeyLength);
    }

    /// <summary>All of it as one batch, valid until the next call.</summary>
    public StoreBatch Sort()
    {
        var entries = _entries.AsSpan(0, _count);
        entries.Sort(Compare);
        _sorted.Clear();
        for (var i = 0; i < entries.Length; i++)
        {
            if (i + 1 == entries.Length || !KeyOf(entries[i]).SequenceEqual(KeyOf(entries[i + 1])))
                _sorted.AppendChange(_bytes.AsSpan(entries[i].Start, entries[i].Length));
        }

        return _sorted;
    }

    /// <summary>Empties it.</summary>
    public void Clear() => (_length, _count, IsEmpty) = (0, 0, true);

    // The first eight bytes decide most comparisons without a look at the key. Of one key the later change comes last.
    private int Compare(Entry x, Entry y)
    {
        var order = x.Prefix.CompareTo(y.Prefix);
        if (order == 0)
            order = KeyOf(x).SequenceCompareTo(KeyOf(y));
        return order != 0 ? order : x.Start.CompareTo(y.Start);
    }

    private ReadOnlySpan<byte> KeyOf(in Entry entry) => _bytes.AsSpan(entry.KeyStart, entry.KeyLength);

    private static ulong Prefix(ReadOnlySpan<byte> key)
    {
        if (key.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        key.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private readonly record struct Entry(ulong Prefix, int Start, int Length, int KeyStart, int KeyLength);
}
