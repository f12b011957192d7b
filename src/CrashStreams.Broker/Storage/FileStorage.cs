using System.Net.Sockets;
using CrashStreams.Broker.Faults;
using Microsoft.Win32.SafeHandles;

namespace CrashStreams.Broker.Storage;

/// <summary>Files in a directory of the file system.</summary>
internal sealed class FileStorage : IStorage
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private readonly string _root;
    private readonly DiskFaults? _faults;

    public FileStorage(string root, DiskFaults? faults = null)
    {
        _faults = faults;
        _root = Path.GetFullPath(root);
        Directory.CreateDirectory(_root);
        Era = File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "";
    }

    public string Era { get; }

    public string Location => _root;

    public IStorageFile Open(string path, bool create)
    {
        var full = Full(path);
        var isNew = create && !File.Exists(full);
        var handle = File.OpenHandle(full, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new OpenFile(handle, isNew ? Path.GetDirectoryName(full) : null, _faults);
    }

    public bool Exists(string path) => File.Exists(Full(path));

    public void Delete(string path) => File.Delete(Full(path));

    public void Replace(string from, string to) => File.Move(Full(from), Full(to), overwrite: true);

    public void CreateDirectory(string path) => Directory.CreateDirectory(Full(path));

    public bool TryDeleteDirectory(string path)
    {
        var full = Full(path);
        if (!Directory.Exists(full))
            return true;
        if (Directory.EnumerateFileSystemEntries(full).Any())
            return false;
        Directory.Delete(full);
        return true;
    }

    public void MoveDirectory(string from, string to) => Directory.Move(Full(from), Full(to));

    public IReadOnlyList<string> Files(string path) => Names(path, Directory.GetFiles);

    public IReadOnlyList<string> Directories(string path) => Names(path, Directory.GetDirectories);

    private string[] Names(string path, Func<string, string[]> list)
    {
        var full = Full(path);
        return Directory.Exists(full) ? Array.ConvertAll(list(full), name => Path.GetFileName(name)) : [];
    }

    private string Full(string path) => Path.Combine(_root, path);

    /// <param name="handle">The file.</param>
    /// <param name="unflushedDirectory">The directory that has to be flushed too, since the file's name is new in it.</param>
    /// <param name="faults">What is wrong with the disk.</param>
    private sealed class OpenFile(SafeFileHandle handle, string? unflushedDirectory, DiskFaults? faults) : IStorageFile
    {
        private long _length = RandomAccess.GetLength(handle);

        public long Length => Volatile.Read(ref _length);

        public int Read(long position, Span<byte> target)
        {
            var total = 0;
            for (int read; total < target.Length && (read = RandomAccess.Read(handle, target[total..], position + total)) > 0;)
                total += read;
            return total;
        }

        public bool CanSend => SendFile.IsSupported;

        public int Send(Socket socket, long position, int count) => SendFile.Send(socket, handle, position, count);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            faults?.BeforeWrite();
            RandomAccess.Write(handle, bytes, position);
            if (position + bytes.Length > _length)
                Volatile.Write(ref _length, position + bytes.Length);
        }

        public void Truncate(long length)
        {
            RandomAccess.SetLength(handle, length);
            Volatile.Write(ref _length, length);
        }

        public void Flush()
        {
            faults?.BeforeWrite();
            RandomAccess.FlushToDisk(handle);
            if (unflushedDirectory is null)
                return;
            DirectoryFlush.Flush(unflushedDirectory);
            unflushedDirectory = null;
        }

        public void Dispose() => handle.Dispose();
    }
}
