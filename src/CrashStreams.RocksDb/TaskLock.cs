using System.Text;

namespace CrashStreams.RocksDb;

/// <summary>
/// A task's folder in use: an exclusive lock of the operating system on a file in it, which excludes other threads and processes alike and ends with
/// the process however that ends. While it is held the file names the holder; its time of change is when the task was last given up.
/// </summary>
internal sealed class TaskLock : IDisposable
{
    private const string FileName = ".lock";
    private readonly FileStream _file;

    private TaskLock(FileStream file) => _file = file;

    /// <summary>Whether the last holder died with it.</summary>
    public bool WasAbandoned { get; private init; }

    /// <summary>When the task was last given up.</summary>
    public DateTime LastUsed { get; private init; }

    /// <summary>Locks a task's folder, made when it does not exist; null while somebody else holds it.</summary>
    public static TaskLock? TryTake(string taskPath)
    {
        Directory.CreateDirectory(taskPath);
        var path = Path.Combine(taskPath, FileName);
        FileStream file;
        try
        {
            // An exclusive share is flock() on Unix: it is the open file's, so a second one in this process is refused too.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }

        var taken = new TaskLock(file) { WasAbandoned = file.Length > 0, LastUsed = File.GetLastWriteTimeUtc(path) };
        file.SetLength(0);
        file.Write(Encoding.UTF8.GetBytes($"process {Environment.ProcessId} on {Environment.MachineName}\n"));
        return taken;
    }

    /// <summary>Gives the task up as if it had not been taken.</summary>
    public void Restore()
    {
        _file.SetLength(0);
        File.SetLastWriteTimeUtc(_file.SafeFileHandle, LastUsed);
        _file.Dispose();
    }

    /// <summary>Gives the task up; it was in use until now.</summary>
    public void Dispose()
    {
        if (!_file.CanWrite)
            return;
        _file.SetLength(0);
        _file.Dispose();
    }
}
