using System.Buffers;
using System.Text;
using CrashStreams.RocksDb.Native;
using CrashStreams.State;

namespace CrashStreams.RocksDb;

/// <summary>
/// A store as one RocksDB database without a write-ahead log: what a crash takes from the memtables is in the changelog, behind the position that came
/// to the disk with the entries.
/// </summary>
internal sealed unsafe class RocksDbEngine : IStateEngine
{
    // What a bulk load sorts at a time. It takes this three times: as it came, in order, and in RocksDB's hands.
    private const int RunBytes = 2 << 20;

    private readonly string _path;
    private readonly Action<RocksDbEngine> _closed;
    private readonly DatabaseHandle _db;
    private byte[] _tag = [];
    private byte[] _stored = [];
    private bool _isDisposed;

    // Not null during a bulk load: what is not handed to RocksDB yet.
    private SortedRun? _run;

    public RocksDbEngine(string path, string application, string store, Action<RocksDbEngine> closed)
    {
        (_path, Application, Store, _closed) = (path, application, store, closed);
        _db = DatabaseOptions.Open(path);
        try
        {
            ReadPosition();
        }
        catch
        {
            _db.Dispose();
            throw;
        }

        MemoryBudget.Add(this);
    }

    public string Application { get; }

    public string Store { get; }

    public long Position { get; private set; } = -1;

    public string Tag
    {
        get;
        set
        {
            field = value;
            _tag = Encoding.UTF8.GetBytes(value);
        }
    } = "";

    public long ApproximateCount
    {
        get
        {
            ThrowIfDisposed();
            return Property("rocksdb.estimate-num-keys\0"u8);
        }
    }

    /// <summary>What the memtable that takes writes occupies.</summary>
    public long MemtableBytes => Property("rocksdb.cur-size-active-mem-table\0"u8);

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        ThrowIfDisposed();
        nint slice, error;
        fixed (byte* start = key)
            slice = Rocks.rocksdb_get_pinned(_db, Defaults.Read, start, (nuint)key.Length, out error);
        if (error != 0)
            RocksError.ThrowIfAny(error, "Reading", _path);
        if (slice == 0)
            return false;
        var bytes = Rocks.rocksdb_pinnableslice_value(slice, out var length);
        value.Write(new ReadOnlySpan<byte>(bytes, (int)length));
        Rocks.rocksdb_pinnableslice_destroy(slice);
        return true;
    }

    public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        ThrowIfDisposed();
        return new StoreIterator(_db, from, to, _path);
    }

    public IStateBatch CreateBatch() => new StoreBatch();

    public void Write(IStateBatch batch, long position)
    {
        ThrowIfDisposed();
        var changes = (StoreBatch)batch;
        // A range removed between two puts is out of reach of sorting by key.
        if (_run is not null && !changes.HasRanges && changes.Bytes < RunBytes)
        {
            if (_run.Bytes + changes.Bytes > RunBytes)
                WriteRun();
            _run.Append(changes);
        }
        else
        {
            WriteRun();
            Write(changes.Representation, position);
        }

        Position = position;
        changes.Clear();
    }

    public void BeginRestore()
    {
        ThrowIfDisposed();
        _run ??= new SortedRun();
    }

    public void EndRestore()
    {
        ThrowIfDisposed();
        WriteRun();
        _run = null;
    }

    public void Flush()
    {
        ThrowIfDisposed();
        WriteRun();
        Flush(Defaults.FlushAndWait);
    }

    /// <summary>Flushes for the sake of memory, from any thread. A failure is the owner's to meet: its next write says it.</summary>
    public void TryFlush(bool wait)
    {
        try
        {
            Flush(wait ? Defaults.FlushAndWait : Defaults.FlushSoon);
        }
        catch (Exception e) when (e is CrashStreamsException or ObjectDisposedException)
        {
            // Closed meanwhile, or its disk is full.
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        MemoryBudget.Remove(this);
        _db.Dispose();
        _closed(this);
    }

    /// <summary>One of RocksDB's figures about the entries, by its zero-terminated name; 0 when it is closed.</summary>
    internal long Property(ReadOnlySpan<byte> name)
    {
        try
        {
            fixed (byte* start = name)
                return Rocks.rocksdb_property_int(_db, start, out var value) == 0 ? (long)value : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    private void WriteRun()
    {
        if (_run is null || _run.IsEmpty)
            return;
        Write(_run.Sort().Representation, Position);
        _run.Clear();
    }

    private void Write(ReadOnlySpan<byte> changes, long position)
    {
        var length = StoredPosition.Length(_tag);
        if (_stored.Length != length)
            _stored = new byte[length];
        StoredPosition.Write(_stored, position, _tag);
        fixed (byte* bytes = changes, key = StoredPosition.Key, value = _stored)
        {
            var native = Rocks.rocksdb_writebatch_create_from(bytes, (nuint)changes.Length);
            Rocks.rocksdb_writebatch_put_cf(native, _db.Offsets, key, (nuint)StoredPosition.Key.Length, value, (nuint)length);
            Rocks.rocksdb_write(_db, Defaults.Write, native, out var error);
            Rocks.rocksdb_writebatch_destroy(native);
            RocksError.ThrowIfAny(error, "Writing to", _path);
        }

        MemoryBudget.Enforce();
    }

    // Both column families by name: a flush of one alone would bring entries to the disk without their position.
    private void Flush(nint options)
    {
        var db = _db;
        var families = stackalloc nint[] { db.Entries, db.Offsets };
        Rocks.rocksdb_flush_cfs(db, options, families, 2, out var error);
        RocksError.ThrowIfAny(error, "Flushing", _path);
    }

    private void ReadPosition()
    {
        var stored = StoredPosition.None;
        nint slice;
        fixed (byte* key = StoredPosition.Key)
        {
            slice = Rocks.rocksdb_get_pinned_cf(_db, Defaults.Read, _db.Offsets, key, (nuint)StoredPosition.Key.Length, out var error);
            RocksError.ThrowIfAny(error, "Opening", _path);
        }

        if (slice != 0)
        {
            var bytes = Rocks.rocksdb_pinnableslice_value(slice, out var length);
            try
            {
                stored = StoredPosition.Read(new ReadOnlySpan<byte>(bytes, (int)length), _path);
            }
            finally
            {
                Rocks.rocksdb_pinnableslice_destroy(slice);
            }
        }
        else if (HasEntries())
        {
            throw new StateCorruptedException($"The store in '{_path}' has entries and no position. It has to be rebuilt from its changelog.");
        }

        (Position, Tag) = (stored.Position, stored.Tag);
    }

    private bool HasEntries()
    {
        using var all = new StoreIterator(_db, [], [], _path);
        return all.MoveNext();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);

    /// <summary>Native options that never change, for all databases.</summary>
    private static class Defaults
    {
        public static readonly nint Read = Rocks.rocksdb_readoptions_create();
        public static readonly nint Write = WithoutLog();
        public static readonly nint FlushAndWait = Flushing(wait: 1);
        public static readonly nint FlushSoon = Flushing(wait: 0);

        private static nint WithoutLog()
        {
            var options = Rocks.rocksdb_writeoptions_create();
            Rocks.rocksdb_writeoptions_disable_WAL(options, 1);
            return options;
        }

        private static nint Flushing(byte wait)
        {
            var options = Rocks.rocksdb_flushoptions_create();
            Rocks.rocksdb_flushoptions_set_wait(options, wait);
            return options;
        }
    }
}
