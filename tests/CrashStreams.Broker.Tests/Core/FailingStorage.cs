using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Files in memory, on a disk that can be full or fail, and counts.</summary>
internal sealed class FailingStorage : IStorage
{
    private readonly MemoryStorage _files = new();

    public bool IsFull { get; set; }

    public bool FailsToFlush { get; set; }

    /// <summary>Flushes of segment files so far.</summary>
    public int Flushes { get; private set; }

    public string Era => _files.Era;

    public string Location => "memory";

    public FileBudget Budget => _files.Budget;

    public IStorageFile Open(string path, bool create) => new File(this, _files.Open(path, create), isSegment: path.EndsWith(".log", StringComparison.Ordinal));

    public bool Exists(string path) => _files.Exists(path);

    public void Delete(string path) => _files.Delete(path);

    public void Replace(string from, string to) => _files.Replace(from, to);

    public void CreateDirectory(string path) => _files.CreateDirectory(path);

    public bool TryDeleteDirectory(string path) => _files.TryDeleteDirectory(path);

    public void FlushNames(string path) => _files.FlushNames(path);

    public void MoveDirectory(string from, string to) => _files.MoveDirectory(from, to);

    public IReadOnlyList<string> Files(string path) => _files.Files(path);

    public IReadOnlyList<string> Directories(string path) => _files.Directories(path);

    /// <summary>Overwrites bytes as a failing disk would.</summary>
    public void Damage(string path, long position)
    {
        using var file = _files.Open(path, create: false);
        file.Write(position, new byte[40]);
    }

    private sealed class File(FailingStorage disk, IStorageFile file, bool isSegment) : IStorageFile
    {
        public long Length => file.Length;

        public int Read(long position, Span<byte> target) => file.Read(position, target);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (!disk.IsFull)
            {
                file.Write(position, bytes);
                return;
            }
            file.Write(position, bytes[..(bytes.Length / 2)]);
            throw new IOException("No space left on device");
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Flush()
        {
            if (disk.FailsToFlush)
                throw new IOException("Input/output error");
            if (isSegment)
                disk.Flushes++;
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
