using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace CrashStreams.RocksDb;

/// <summary>
/// Batches of a bulk load, put together until there is enough for a file, then brought into key order. Its memory is native and taken once, so that the system has it
/// back when the load ends: the changes as they lie in a batch, and for each 4 B of place and 8 B of key to sort by.
/// </summary>
internal sealed unsafe class LoadRun(int capacity) : IDisposable
{
    // With entries of so many bytes both are full at once.
    private const int FewestBytes = 32;

    // Changes that are written while one comes from the memory.
    private const int Ahead = 8;

    private readonly byte* _bytes = (byte*)NativeMemory.AllocZeroed(StoreBatch.Header + (nuint)capacity);
    private readonly int* _starts = (int*)NativeMemory.Alloc((nuint)capacity / FewestBytes, sizeof(int));
    private readonly ulong* _parts = (ulong*)NativeMemory.Alloc((nuint)capacity / FewestBytes, sizeof(ulong));
    private int _length = StoreBatch.Header;
    private bool _isDisposed;

    /// <summary>Changes in it.</summary>
    public int Count { get; private set; }

    /// <summary>What was appended, as one batch that RocksDB reads.</summary>
    public ReadOnlySpan<byte> Representation
    {
        get
        {
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
        var changes = batch.Changes;
        changes.CopyTo(new Span<byte>(_bytes + _length, changes.Length));
        for (var end = _length + changes.Length; _length < end; _length = (int)(StoreChange.At(_bytes + _length).End - _bytes))
            _starts[Count++] = _length;
    }

    /// <summary>Brings the changes into the order of their keys; those of one key stay in the order of their coming.</summary>
    public void Sort() => new RunOrder(_bytes).Sort(new(_starts, Count), new(_parts, Count));

    /// <summary>A change of the sorted run.</summary>
    public StoreChange this[int index]
    {
        get
        {
            // In the order of keys each is at a random place.
            if (Sse.IsSupported && index + Ahead < Count)
                Sse.Prefetch0(_bytes + _starts[index + Ahead]);
            return StoreChange.At(_bytes + _starts[index]);
        }
    }

    /// <summary>Empties it.</summary>
    public void Clear() => (_length, Count) = (StoreBatch.Header, 0);

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        NativeMemory.Free(_bytes);
        NativeMemory.Free(_starts);
        NativeMemory.Free(_parts);
    }
}
