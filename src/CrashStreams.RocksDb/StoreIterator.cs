using CrashStreams.RocksDb.Native;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb;

/// <summary>Entries where RocksDB holds them, as of the iterator's creation.</summary>
internal sealed unsafe class StoreIterator : IStateIterator
{
    private readonly IteratorHandle _handle;
    private readonly nint _iterator;
    private readonly string _path;
    private readonly bool _reversed;
    private bool _isBeforeFirst = true;
    private bool _isOnEntry;

    public StoreIterator(DatabaseHandle db, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed, string path)
    {
        _path = path;
        _reversed = reversed;
        // A forward iterator starts at its lower bound and needs none.
        _handle = new IteratorHandle(db, reversed ? from : default, to);
        _iterator = _handle.DangerousGetHandle();
        if (reversed)
            Rocks.rocksdb_iter_seek_to_last(_iterator);
        else
            Seek(from);
    }

    public ReadOnlySpan<byte> Key
    {
        get
        {
            ThrowIfNotOnEntry();
            var start = Rocks.rocksdb_iter_key(_iterator, out var length);
            return new ReadOnlySpan<byte>(start, (int)length);
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            ThrowIfNotOnEntry();
            var start = Rocks.rocksdb_iter_value(_iterator, out var length);
            return new ReadOnlySpan<byte>(start, (int)length);
        }
    }

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (_isOnEntry && _reversed)
            Rocks.rocksdb_iter_prev(_iterator);
        else if (_isOnEntry)
            Rocks.rocksdb_iter_next(_iterator);
        else if (!_isBeforeFirst)
            return false;
        _isBeforeFirst = false;
        _isOnEntry = Rocks.rocksdb_iter_valid(_iterator) != 0;
        if (!_isOnEntry)
            ThrowIfFailed();
        GC.KeepAlive(_handle);
        return _isOnEntry;
    }

    public void Dispose()
    {
        _isOnEntry = false;
        _handle.Dispose();
    }

    private void Seek(ReadOnlySpan<byte> from)
    {
        fixed (byte* key = from)
            Rocks.rocksdb_iter_seek(_iterator, key, (nuint)from.Length);
    }

    private void ThrowIfNotOnEntry()
    {
        if (!_isOnEntry)
            throw new InvalidOperationException("The iterator is not on an entry: call MoveNext first.");
    }

    private void ThrowIfFailed()
    {
        Rocks.rocksdb_iter_get_error(_iterator, out var error);
        RocksError.ThrowIfAny(error, "Reading", _path);
    }
}
