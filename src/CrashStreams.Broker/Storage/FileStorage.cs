using System.Net.Sockets;
using CrashStreams.Broker.Faults;
using Microsoft.Win32.SafeHandles;

namespace CrashStreams.Broker.Storage;

/// <summary>Files in a directory of the file system.</summary>
internal sealed class FileStorage : IStorage
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    // Records are for whoever may use the broker, not for whoever has an account on its machine.
    private const UnixFileMode FileAccessRights = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryAccessRights = FileAccessRights | UnixFileMode.UserExecute;

    private readonly string _root;
    private readonly DiskFaults? _faults;

    public FileStorage(string root, DiskFaults? faults = null, FileBudget? budget = null)
    {
        Budget = budget ?? new FileBudget(DescriptorLimit.OfProcess);
        _faults = faults;
        _root = Path.GetFullPath(root);
        CreateRoot();
        Era = File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "";
    }

    public string Era { get; }

    public string Location => _root;

    public FileBudget Budget { get; }

    public IStorageFile Open(string path, bool create)
    {
        var full = Full(path);
        try
        {
            var isNew = create && !File.Exists(full);
            var handle = File.OpenHandle(full, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (isNew && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(handle, FileAccessRights);
            return new OpenFile(handle, path, isNew ? Path.GetDirectoryName(full) : null, _faults);
        }
        catch (FileNotFoundException missing)
        {
            throw new FileNotFoundException(StorageFault.Of(path, missing).Message, path, missing);
        }
        catch (Exception failed) when (StorageFault.Is(failed))
        {
            throw StorageFault.Of(path, failed);
        }
    }

    public bool Exists(string path) => File.Exists(Full(path));

    public void Delete(string path) => Do(path, File.Delete);

    public void Replace(string from, string to) => Do(to, full => File.Move(Full(from), full, overwrite: true));

    public void CreateDirectory(string path)
    {
        // The system would give parents that are missing the rights of everybody.
        for (var end = path.IndexOf('/'); end >= 0; end = path.IndexOf('/', end + 1))
            Do(path[..end], CreatePrivate);
        Do(path, CreatePrivate);
    }

    public bool TryDeleteDirectory(string path)
    {
        var isGone = true;
        Do(path, full =>
        {
            if (!Directory.Exists(full))
                return;
            isGone = !Directory.EnumerateFileSystemEntries(full).Any();
            if (isGone)
                Directory.Delete(full);
        });
        return isGone;
    }

    public void MoveDirectory(string from, string to) => Do(to, full => Directory.Move(Full(from), full));

    public void FlushNames(string path) => Do(path, DirectoryFlush.Flush);

    public IReadOnlyList<string> Files(string path) => Names(path, Directory.GetFiles);

    public IReadOnlyList<string> Directories(string path) => Names(path, Directory.GetDirectories);

    private void CreateRoot()
    {
        var made = new List<string>();
        for (var directory = _root; directory is not null && !Directory.Exists(directory); directory = Path.GetDirectoryName(directory))
            made.Add(directory);
        CreatePrivate(_root);
        foreach (var directory in made)
        {
            try
            {
                DirectoryFlush.Flush(Path.GetDirectoryName(directory)!);
            }
            catch (IOException)
            {
                // One may make directories where one may not look: then the system writes the name when it likes.
            }
        }
    }

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, DirectoryAccessRights);
    }

    private string[] Names(string path, Func<string, string[]> list)
    {
        string[] names = [];
        Do(path, full =>
        {
            if (Directory.Exists(full))
                names = Array.ConvertAll(list(full), name => Path.GetFileName(name));
        });
        return names;
    }

    private void Do(string path, Action<string> action)
    {
        try
        {
            action(Full(path));
        }
        catch (Exception failed) when (StorageFault.Is(failed))
        {
            throw StorageFault.Of(path, failed);
        }
    }

    private string Full(string path) => Path.Combine(_root, path);

    /// <param name="handle">The file.</param>
    /// <param name="path">Its path in the storage, for messages.</param>
    /// <param name="unflushedDirectory">The directory that has to be flushed too, since the file's name is new in it.</param>
    /// <param name="faults">What is wrong with the disk.</param>
    private sealed class OpenFile(SafeFileHandle handle, string path, string? unflushedDirectory, DiskFaults? faults) : IStorageFile
    {
        private long _length = RandomAccess.GetLength(handle);

        public long Length => Volatile.Read(ref _length);

        public int Read(long position, Span<byte> target)
        {
            try
            {
                var total = 0;
                for (int read; total < target.Length && (read = RandomAccess.Read(handle, target[total..], position + total)) > 0;)
                    total += read;
                return total;
            }
            catch (Exception failed) when (StorageFault.Is(failed))
            {
                throw StorageFault.Of(path, failed);
            }
        }

        public bool CanSend => SendFile.IsSupported;

        public int Send(Socket socket, long position, int count) => SendFile.Send(socket, handle, position, count);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            faults?.BeforeWrite();
            try
            {
                RandomAccess.Write(handle, bytes, position);
            }
            catch (Exception failed) when (StorageFault.Is(failed))
            {
                throw StorageFault.Of(path, failed);
            }
            if (position + bytes.Length > _length)
                Volatile.Write(ref _length, position + bytes.Length);
        }

        public void Truncate(long length)
        {
            try
            {
                RandomAccess.SetLength(handle, length);
            }
            catch (Exception failed) when (StorageFault.Is(failed))
            {
                throw StorageFault.Of(path, failed);
            }
            Volatile.Write(ref _length, length);
        }

        public void Flush()
        {
            faults?.BeforeWrite();
            try
            {
                RandomAccess.FlushToDisk(handle);
                if (unflushedDirectory is not null)
                    DirectoryFlush.Flush(unflushedDirectory);
                unflushedDirectory = null;
            }
            catch (Exception failed) when (StorageFault.Is(failed))
            {
                throw StorageFault.Of(path, failed);
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
