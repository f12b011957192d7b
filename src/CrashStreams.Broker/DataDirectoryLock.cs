using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker;

/// <summary>Holds the data directory for one broker: a second one would destroy it. The operating system lets go of it when the process ends.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = ".lock";

    // EWOULDBLOCK, and ERROR_SHARING_VIOLATION as an HRESULT.
    private const int HeldOnLinux = 11;
    private const int HeldOnBsd = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    private readonly DirectoryHandle? _directory;
    private readonly FileStream _file;

    private DataDirectoryLock(DirectoryHandle? directory, FileStream file) => (_directory, _file) = (directory, file);

    public static DataDirectoryLock Take(string path)
    {
        // The directory itself is locked too: a lock file can be deleted while the broker runs, and another broker would make a new one.
        var directory = DirectoryHandle.Open(path);
        var isFree = directory?.TryLock() ?? true;
        try
        {
            if (isFree)
                return new DataDirectoryLock(directory, new FileStream(Path.Combine(path, FileName), Options()));
        }
        catch (IOException error) when (error.HResult is HeldOnLinux or HeldOnBsd or HeldOnWindows)
        {
            // Held by a broker that does not lock directories.
        }
        catch
        {
            directory?.Dispose();
            throw;
        }
        directory?.Dispose();
        throw new DataDirectoryInUseException($"The data directory {path} is in use by another broker. Stop that one, or choose another directory.");
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    public void Dispose()
    {
        _file.Dispose();
        _directory?.Dispose();
    }
}
