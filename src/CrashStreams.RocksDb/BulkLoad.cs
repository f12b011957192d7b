using System.Security.Cryptography;
using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb;

/// <summary>
/// Changes of a bulk load on their way into table files. One run is filled by the store's owner while another is sorted, written to a file and added to the
/// database on another thread: docs/decisions/rocksdb-bulk-load.md.
/// <para>
/// A file is added to one column family, hence each has its position in it, as an entry under a key that nobody can know (128 random bits, kept in the other
/// family while a load is under way). What a crash leaves are the files up to some run, with the position of that run; the end of the load moves the position to its place.
/// </para>
/// </summary>
internal sealed unsafe class BulkLoad(RocksDbEngine engine, string path, int runBytes) : IDisposable
{
    /// <summary>Bytes of the key under which a file has its position.</summary>
    public const int MarkLength = 16;

    private readonly string _file = FileOf(path);
    private LoadRun _filling = new(runBytes);
    private LoadRun? _spare;
    private nint _writer;
    private Task? _adding;

    /// <summary>The key under which the files of this load have their position; null before the first of them.</summary>
    public byte[]? Mark { get; private set; }

    /// <summary>What is not in a file yet.</summary>
    public LoadRun Rest => _filling;

    /// <summary>Removes what a crash has left of a file that was not added.</summary>
    public static void RemoveRemains(string path) => File.Delete(FileOf(path));

    /// <summary>Takes a batch for which <see cref="LoadRun.IsFor"/> holds.</summary>
    /// <param name="batch">The changes.</param>
    /// <param name="stored">The position before them, as it is stored.</param>
    public void Append(StoreBatch batch, ReadOnlySpan<byte> stored)
    {
        if (!_filling.HasRoomFor(batch))
            AddRest(stored);
        _filling.Append(batch);
    }

    /// <summary>Waits until all that was taken is in the database, if there are files: a little that was taken in all is left in <see cref="Rest"/>.</summary>
    public void Finish(ReadOnlySpan<byte> stored)
    {
        if (Mark is null)
            return;
        if (_filling.Count > 0)
            AddRest(stored);
        Wait();
    }

    /// <summary>What <see cref="Finish"/> does, but false where it would wait.</summary>
    public bool TryFinish(ReadOnlySpan<byte> stored)
    {
        if (Mark is null)
            return true;
        if (_adding is { IsCompleted: false })
            return false;
        if (_filling.Count == 0)
            return true;
        AddRest(stored);
        // Another store's load may begin before this one has ended.
        _filling.Dispose();
        return false;
    }

    /// <summary>The position of the files is in its place: the next file begins with a new key.</summary>
    public void Finished()
    {
        Mark = null;
        _filling.Clear();
    }

    public void Dispose()
    {
        try
        {
            Wait();
        }
        catch (CrashStreamsException)
        {
            // The owner has met it, or has given the load up.
        }

        _filling.Dispose();
        _spare?.Dispose();
        if (_writer != 0)
            Rocks.rocksdb_sstfilewriter_destroy(_writer);
        RemoveRemains(path);
    }

    private void AddRest(ReadOnlySpan<byte> stored)
    {
        Wait();
        var (run, position, isFirst) = (_filling, stored.ToArray(), Mark is null);
        (_filling, _spare) = (_spare ?? new(runBytes), run);
        Mark ??= RandomNumberGenerator.GetBytes(MarkLength);
        // On the pool, whose threads are few: the allocator keeps some MB for every thread that has made a file.
        _adding = Task.Run(() => Add(run, position, isFirst));
    }

    // A failure is met again by whoever goes on: behind a run that is missing no other may come.
    private void Wait() => _adding?.GetAwaiter().GetResult();

    private void Add(LoadRun run, byte[] position, bool isFirst)
    {
        if (isFirst)
            engine.LoadBegins(Mark!);
        run.Sort();
        Write(run, position);
        engine.AddFile(_file);
        run.Clear();
    }

    private void Write(LoadRun run, byte[] position)
    {
        if (_writer == 0)
            _writer = DatabaseOptions.NewFileWriter(path);
        Rocks.rocksdb_sstfilewriter_open(_writer, _file, out var error);
        ThrowIfAny(error);
        var isMarked = false;
        for (var (i, next) = (0, run[0]); i < run.Count;)
        {
            var change = next;
            // The last one of a key is what the batches leave.
            while (++i < run.Count && (next = run[i]).KeySpan.SequenceEqual(change.KeySpan))
                change = next;
            if (!isMarked && change.KeySpan.SequenceCompareTo(Mark) > 0)
            {
                WriteMark(position);
                isMarked = true;
            }

            if (change.IsDeletion)
                Rocks.rocksdb_sstfilewriter_delete(_writer, change.Key, (nuint)change.KeyLength, out error);
            else
                Rocks.rocksdb_sstfilewriter_put(_writer, change.Key, (nuint)change.KeyLength, change.Value, (nuint)change.ValueLength, out error);
            ThrowIfAny(error);
        }

        if (!isMarked)
            WriteMark(position);
        Rocks.rocksdb_sstfilewriter_finish(_writer, out error);
        ThrowIfAny(error);
    }

    private void WriteMark(byte[] position)
    {
        fixed (byte* key = Mark, value = position)
        {
            Rocks.rocksdb_sstfilewriter_put(_writer, key, MarkLength, value, (nuint)position.Length, out var error);
            ThrowIfAny(error);
        }
    }

    private void ThrowIfAny(nint error)
    {
        if (error != 0)
            RocksError.ThrowIfAny(error, "Restoring", path);
    }

    private static string FileOf(string path) => Path.Combine(path, "restoring.run");
}
