using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Files in memory, on a disk that can be full or fail, and counts.</summary>
internal sealed class FailingStorage : IStorage
{
    private readonly MemoryStorage _files = new();

    public bool IsFull { get; set; }

    public bool FailsToFlush { get; set; }

    /// <summary>So many changes of files and names work, then none; null: all do.</summary>
    public int? OperationsLeft { get; set; }

    /// <summary>So many times the process has too many files open.</summary>
    public int FailsToOpen { get; set; }

    /// <summary>Whether segments can't be read.</summary>
    public bool FailsToRead { get; set; }

    /// <summary>Segment files that are open.</summary>
    public int OpenSegments { get; private set; }

    /// <summary>Flushes of segment files so far.</summary>
    public int Flushes { get; private set; }

    public string Era => _files.Era;

    public string Location => "memory";

    public FileBudget Budget { get; init; } = new(int.MaxValue);

    public IStorageFile Open(string path, bool create)
    {
        var isSegment = path.EndsWith(".log", StringComparison.Ordinal);
        if (isSegment && FailsToOpen > 0)
        {
            FailsToOpen--;
            throw new IOException("Too many open files", hresult: 24);
        }
        if (isSegment)
            OpenSegments++;
        return new File(this, _files.Open(path, create), isSegment);
    }

    public bool Exists(string path) => _files.Exists(path);

    public void Delete(string path)
    {
        Count();
        _files.Delete(path);
    }

    public void Replace(string from, string to)
    {
        Count();
        _files.Replace(from, to);
    }

    public void CreateDirectory(string path) => _files.CreateDirectory(path);

    public bool TryDeleteDirectory(string path) => _files.TryDeleteDirectory(path);

    public void FlushNames(string path) => _files.FlushNames(path);

    public void MoveDirectory(string from, string to) => _files.MoveDirectory(from, to);

    public IReadOnlyList<string> Files(string path) => _files.Files(path);

    public IReadOnlyList<string> Directories(string path) => _files.Directories(path);

    private void Count()
    {
        if (OperationsLeft is not { } left)
            return;
        OperationsLeft = left - 1;
        if (left <= 0)
            throw new IOException("The process has ended.");
    }

    /// <summary>Overwrites bytes as a failing disk would.</summary>
    public void Damage(string path, long position)
    {
        using var file = _files.Open(path, create: false);
        file.Write(position, new byte[40]);
    }

    private sealed class File(FailingStorage disk, IStorageFile file, bool isSegment) : IStorageFile
    {
        private bool _isClosed;

        public long Length => file.Length;

        public int Read(long position, Span<byte> target) => disk.FailsToRead && isSegment ? throw new IOException("Input/output error") : file.Read(position, target);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            disk.Count();
            if (!disk.IsFull)
            {
                file.Write(position, bytes);
                return;
            }
            file.Write(position, bytes[..(bytes.Length / 2)]);
            throw new IOException("No space left on device");
        }

        public void Truncate(long length)
        {
            disk.Count();
            file.Truncate(length);
        }

        public void Flush()
        {
            disk.Count();
            if (disk.FailsToFlush)
                throw new IOException("Input/output error");
            if (isSegment)
                disk.Flushes++;
            file.Flush();
        }

        public void Dispose()
        {
            if (isSegment && !_isClosed)
                disk.OpenSegments--;
            _isClosed = true;
            file.Dispose();
        }
    }
}
