using System.Buffers;
using System.Globalization;
using System.Text;
using CrashStreams.RocksDb.Native;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb;

/// <summary>
/// A store as one RocksDB database without a write-ahead log: what a crash takes from the memtables is in the changelog, behind the position that came
/// to the disk with the entries.
/// </summary>
internal sealed unsafe class RocksDbEngine : IStateEngine
{
    // With every fourth file a load would merge all that is there again. So many a reader can do with until it is over: max_open_files is more.
    private const int FilesInLoad = 30;

    private static readonly byte[] _noChanges = new byte[StoreBatch.Header];

    private readonly string _path;
    private readonly int _runBytes;
    private readonly Action<RocksDbEngine> _closed;
    private readonly DatabaseHandle _db;
    private byte[] _tag = [];
    private byte[] _stored = [];
    private bool _isDisposed;

    // What is not flushed, and the position until which it was counted. Whoever flushes takes it, from any thread.
    private long _unflushed;
    private long _counted;

    private BulkLoad? _load;

    // Of a bulk load on, until the store is written to by its owner: other stores are still to be loaded, with the same processors.
    private bool _putsOffMerging;

    public RocksDbEngine(string path, string application, string store, int runBytes, Action<RocksDbEngine> closed)
    {
        (_path, Application, Store, _runBytes, _closed) = (path, application, store, runBytes, closed);
        BulkLoad.RemoveRemains(path);
        _db = DatabaseOptions.Open(path);
        try
        {
            ReadPosition();
            _counted = Math.Max(0, Position);
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

    /// <summary>How many changelog offsets what was written is ahead of the last flush that was started.</summary>
    public long Unflushed => Volatile.Read(ref _unflushed);

    /// <summary>Whether a flush that was started has not come to its end.</summary>
    public bool IsFlushing => Property("rocksdb.num-immutable-mem-table\0"u8) > 0;

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

    public IStateIterator Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed = false)
    {
        ThrowIfDisposed();
        return new StoreIterator(_db, from, to, reversed, _path);
    }

    public IStateBatch CreateBatch() => new StoreBatch();

    public void Write(IStateBatch batch, long position)
    {
        ThrowIfDisposed();
        var changes = (StoreBatch)batch;
        if (_load?.Rest.IsFor(changes) == true)
        {
            _load.Append(changes, Stored(Position));
        }
        else
        {
            Settle();
            Write(changes.Representation, position);
            MergeAgain();
        }

        Position = position;
        changes.Clear();
    }

    public void BeginRestore()
    {
        ThrowIfDisposed();
        _load ??= new(this, _path, _runBytes);
    }

    public void EndRestore()
    {
        ThrowIfDisposed();
        Settle();
        _load?.Dispose();
        _load = null;
    }

    public bool TryEndRestore()
    {
        ThrowIfDisposed();
        if (_load?.TryFinish(Stored(Position)) == false)
            return false;
        EndRestore();
        return true;
    }

    public void Flush()
    {
        ThrowIfDisposed();
        Settle();
        Flush(Defaults.FlushAndWait);
    }

    /// <summary>Before the first file of a bulk load: what was written before is to be on disk before it, and the key of its position too. On the load's thread, while the owner writes nothing.</summary>
    internal void LoadBegins(ReadOnlySpan<byte> mark)
    {
        fixed (byte* key = StoredPosition.MarkKey, value = mark)
        {
            var native = Rocks.rocksdb_writebatch_create();
            Rocks.rocksdb_writebatch_put_cf(native, _db.Offsets, key, (nuint)StoredPosition.MarkKey.Length, value, (nuint)mark.Length);
            Write(native);
        }

        Flush(Defaults.FlushAndWait);
        if (!_putsOffMerging)
            CompactFrom(FilesInLoad);
        _putsOffMerging = true;
    }

    /// <summary>Makes a file of a bulk load a part of the entries. On the load's thread.</summary>
    internal void AddFile(string file)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(file + '\0'))
        {
            var names = stackalloc byte*[] { name };
            Rocks.rocksdb_ingest_external_file_cf(_db, _db.Entries, names, 1, Defaults.Ingest, out var error);
            RocksError.ThrowIfAny(error, "Restoring", _path);
        }
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
        Counted();
        _load?.Dispose();
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

    // All that a bulk load was given is visible behind this, and what is written next comes after it.
    private void Settle()
    {
        if (_load is null)
            return;
        _load.Finish(Stored(Position));
        if (_load.Mark is { } mark)
            EndLoad(mark);
        else if (Position >= 0)
        {
            Write(_load.Rest.Representation, Position);
        }

        _load.Finished();
    }

    // The position moves from the last file to its place.
    private void EndLoad(ReadOnlySpan<byte> mark)
    {
        fixed (byte* markKey = StoredPosition.MarkKey, key = mark)
        {
            var native = Batch(_noChanges, Position);
            Rocks.rocksdb_writebatch_delete(native, key, (nuint)mark.Length);
            Rocks.rocksdb_writebatch_delete_cf(native, _db.Offsets, markKey, (nuint)StoredPosition.MarkKey.Length);
            Write(native);
        }

        // The files are on disk, and so is their position.
        _counted = Position;
    }

    private void Write(ReadOnlySpan<byte> changes, long position)
    {
        Write(Batch(changes, position));
        Count(position);
        MemoryBudget.Enforce();
    }

    private void Count(long position)
    {
        var more = Math.Max(0, position - _counted);
        _counted = position;
        Interlocked.Add(ref _unflushed, more);
        MemoryBudget.Unflushed(more);
    }

    private void Counted() => MemoryBudget.Unflushed(-Interlocked.Exchange(ref _unflushed, 0));

    private void Write(nint batch)
    {
        Rocks.rocksdb_write(_db, Defaults.Write, batch, out var error);
        Rocks.rocksdb_writebatch_destroy(batch);
        RocksError.ThrowIfAny(error, "Writing to", _path);
    }

    private nint Batch(ReadOnlySpan<byte> changes, long position)
    {
        var stored = Stored(position);
        fixed (byte* bytes = changes, key = StoredPosition.Key, value = stored)
        {
            var native = Rocks.rocksdb_writebatch_create_from(bytes, (nuint)changes.Length);
            Rocks.rocksdb_writebatch_put_cf(native, _db.Offsets, key, (nuint)StoredPosition.Key.Length, value, (nuint)stored.Length);
            return native;
        }
    }

    private ReadOnlySpan<byte> Stored(long position)
    {
        var length = StoredPosition.Length(_tag);
        if (_stored.Length != length)
            _stored = new byte[length];
        StoredPosition.Write(_stored, position, _tag);
        return _stored;
    }

    private void MergeAgain()
    {
        if (!_putsOffMerging || _load is not null)
            return;
        CompactFrom(DatabaseOptions.FilesToCompact);
        _putsOffMerging = false;
    }

    private void CompactFrom(int files)
    {
        fixed (byte* name = "level0_file_num_compaction_trigger\0"u8, value = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{files}\0")))
        {
            byte* names = name, values = value;
            Rocks.rocksdb_set_options_cf(_db, _db.Entries, 1, &names, &values, out var error);
            RocksError.ThrowIfAny(error, "Restoring", _path);
        }
    }

    // Both column families by name: a flush of one alone would bring entries to the disk without their position.
    private void Flush(nint options)
    {
        // Before: what is written meanwhile may come too late for this flush.
        Counted();
        var db = _db;
        var families = stackalloc nint[] { db.Entries, db.Offsets };
        Rocks.rocksdb_flush_cfs(db, options, families, 2, out var error);
        RocksError.ThrowIfAny(error, "Flushing", _path);
    }

    private void ReadPosition()
    {
        var mark = Get(_db.Offsets, StoredPosition.MarkKey);
        var inFile = mark is null ? null : Get(_db.Entries, mark);
        if ((inFile ?? Get(_db.Offsets, StoredPosition.Key)) is { } bytes)
            (Position, Tag) = StoredPosition.Read(bytes, _path);
        else if (HasEntries())
            throw new StateCorruptedException($"The store in '{_path}' has entries and no position. It has to be rebuilt from its changelog.");
        if (inFile is not null)
            EndLoad(mark);
    }

    private byte[]? Get(nint family, ReadOnlySpan<byte> key)
    {
        fixed (byte* start = key)
        {
            var slice = Rocks.rocksdb_get_pinned_cf(_db, Defaults.Read, family, start, (nuint)key.Length, out var error);
            RocksError.ThrowIfAny(error, "Opening", _path);
            if (slice == 0)
                return null;
            var bytes = new ReadOnlySpan<byte>(Rocks.rocksdb_pinnableslice_value(slice, out var length), (int)length).ToArray();
            Rocks.rocksdb_pinnableslice_destroy(slice);
            return bytes;
        }
    }

    private bool HasEntries()
    {
        using var all = new StoreIterator(_db, [], [], reversed: false, _path);
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
        public static readonly nint Ingest = Ingesting();

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

        // Moved, not copied; nobody reads while files come.
        private static nint Ingesting()
        {
            var options = Rocks.rocksdb_ingestexternalfileoptions_create();
            Rocks.rocksdb_ingestexternalfileoptions_set_move_files(options, 1);
            Rocks.rocksdb_ingestexternalfileoptions_set_snapshot_consistency(options, 0);
            return options;
        }
    }
}
