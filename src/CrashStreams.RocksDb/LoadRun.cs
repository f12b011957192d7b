using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CrashStreams.RocksDb;

/// <summary>
/// Batches of a bulk load, put together until there is enough for a file, then brought into key order. Its memory is native and taken with the first batch, so that
/// the system has it back when the load ends: the changes as they lie in a batch, and for each 8 B of place and key to sort by, twice while they are sorted.
/// </summary>
internal sealed unsafe class LoadRun(int capacity) : IDisposable
{
    // With entries of so many bytes both are full at once.
    private const int FewestBytes = 32;

    // Changes that are written while one comes from the memory.
    private const int Ahead = 8;

    private byte* _bytes;
    private ulong* _changes;
    private int _length = StoreBatch.Header;

    /// <summary>Changes in it.</summary>
    public int Count { get; private set; }

    /// <summary>What was appended, as one batch that RocksDB reads.</summary>
    public ReadOnlySpan<byte> Representation
    {
        get
        {
            Take();
            StoreBatch.SetCount(new Span<byte>(_bytes, StoreBatch.Header), Count);
            return new(_bytes, _length);
        }
    }

    /// <summary>Whether an empty run takes a batch: not a larger one, and none with ranges, which sorting by key would tear away from what they remove.</summary>
    public bool IsFor(StoreBatch batch) => !batch.HasRanges && batch.Bytes <= capacity && batch.Count <= capacity / FewestBytes;

    /// <summary>Whether there is room for a batch.</summary>
    public bool HasRoomFor(StoreBatch batch) => _length - StoreBatch.Header + batch.Bytes <= capacity && Count + batch.Count <= capacity / FewestBytes;

    /// <summary>Copies a batch of puts and deletes behind those that are there.</summary>
    public void Append(StoreBatch batch)
    {
        Take();
        var changes = batch.Changes;
        changes.CopyTo(new Span<byte>(_bytes + _length, changes.Length));
        for (var end = _length + changes.Length; _length < end; _length = (int)(StoreChange.At(_bytes + _length).End - _bytes))
            _changes[Count++] = (uint)_length;
    }

    /// <summary>Brings the changes into the order of their keys; those of one key stay in the order of their coming.</summary>
    public void Sort()
    {
        var room = (ulong*)NativeMemory.Alloc((nuint)Count, sizeof(ulong));
        new RunOrder(_bytes).Sort(new(_changes, Count), new(room, Count));
        NativeMemory.Free(room);
    }

    /// <summary>A change of the sorted run.</summary>
    public StoreChange this[int index]
    {
        get
        {
            // In the order of keys each is at a random place.
            if (Sse.IsSupported && index + Ahead < Count)
                Sse.Prefetch0(_bytes + (uint)_changes[index + Ahead]);
            return StoreChange.At(_bytes + (uint)_changes[index]);
        }
    }

    /// <summary>Empties it.</summary>
    public void Clear() => (_length, Count) = (StoreBatch.Header, 0);

    /// <summary>Empties it and gives its memory back, until there is another batch.</summary>
    public void Dispose()
    {
        Clear();
        NativeMemory.Free(_bytes);
        NativeMemory.Free(_changes);
        _bytes = null;
        _changes = null;
    }

    private void Take()
    {
        if (_bytes != null)
            return;
        _bytes = (byte*)NativeMemory.Alloc(StoreBatch.Header + (nuint)capacity);
        new Span<byte>(_bytes, StoreBatch.Header).Clear();
        _changes = (ulong*)NativeMemory.Alloc((nuint)capacity / FewestBytes, sizeof(ulong));
    }
}
