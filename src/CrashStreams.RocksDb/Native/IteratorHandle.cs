using System.Runtime.InteropServices;

namespace CrashStreams.RocksDb.Native;

/// <summary>An iterator, its options and its bounds, which RocksDB reads from our memory. It keeps its database open.</summary>
internal sealed unsafe class IteratorHandle : SafeHandle
{
    private readonly DatabaseHandle _db;
    private readonly nint _readOptions;
    private readonly byte* _lowerBound;
    private readonly byte* _upperBound;

    public IteratorHandle(DatabaseHandle db, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) : base(0, ownsHandle: true)
    {
        var isOpen = false;
        db.DangerousAddRef(ref isOpen);
        _db = db;
        _readOptions = Rocks.rocksdb_readoptions_create();
        if (!from.IsEmpty)
        {
            _lowerBound = Copy(from);
            Rocks.rocksdb_readoptions_set_iterate_lower_bound(_readOptions, _lowerBound, (nuint)from.Length);
        }

        if (!to.IsEmpty)
        {
            _upperBound = Copy(to);
            Rocks.rocksdb_readoptions_set_iterate_upper_bound(_readOptions, _upperBound, (nuint)to.Length);
        }

        SetHandle(Rocks.rocksdb_create_iterator(db, _readOptions));
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Rocks.rocksdb_iter_destroy(handle);
        Rocks.rocksdb_readoptions_destroy(_readOptions);
        NativeMemory.Free(_lowerBound);
        NativeMemory.Free(_upperBound);
        _db.DangerousRelease();
        return true;
    }

    private static byte* Copy(ReadOnlySpan<byte> bound)
    {
        var copy = (byte*)NativeMemory.Alloc((nuint)bound.Length);
        bound.CopyTo(new Span<byte>(copy, bound.Length));
        return copy;
    }
}
