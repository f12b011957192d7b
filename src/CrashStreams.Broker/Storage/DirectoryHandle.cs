using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CrashStreams.Broker.Storage;

/// <summary>An open directory, which .NET has no type for. POSIX only: Windows flushes names by itself, and doesn't let open files be deleted.</summary>
internal sealed partial class DirectoryHandle : IDisposable
{
    // flock(2) and errno(3): EWOULDBLOCK is 11 on Linux and 35 on macOS and the BSDs.
    private const int Exclusive = 2;
    private const int WithoutWaiting = 4;
    private const int WouldBlockOnLinux = 11;
    private const int WouldBlockOnBsd = 35;
    private const int NotSupported = 22; // EINVAL of fsync(2): a file system whose directories need no flush

    private int _descriptor;

    private DirectoryHandle(int descriptor) => _descriptor = descriptor;

    /// <summary>Null when it can't be opened, or on Windows.</summary>
    public static DirectoryHandle? Open(string path)
    {
        if (OperatingSystem.IsWindows())
            return null;
        var descriptor = OpenFile(path, CloseOnExec);
        return descriptor < 0 ? null : new DirectoryHandle(descriptor);
    }

    /// <summary>False when another process, or another handle of this one, holds the lock. A file system without locks can't say so, hence true.</summary>
    public bool TryLock() => FLock(_descriptor, Exclusive | WithoutWaiting) == 0
        || Marshal.GetLastPInvokeError() is not (WouldBlockOnLinux or WouldBlockOnBsd);

    /// <summary>Makes the names in the directory survive a power cut.</summary>
    /// <exception cref="IOException">The disk failed; they may not.</exception>
    public void Flush()
    {
        if (FSync(_descriptor) == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        if (error != NotSupported)
            throw new IOException("A directory could not be flushed.", new Win32Exception(error));
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
            Close(_descriptor);
        _descriptor = -1;
    }

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
