namespace CrashStreams.Broker;

/// <summary>Holds the data directory for one broker: a second one would destroy it. The operating system lets go of it when the process ends.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private const string FileName = ".lock";

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    public static DataDirectoryLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, FileName);
        try
        {
            return new DataDirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException error)
        {
            throw new IOException($"The data directory {directory} is in use by another broker. Stop that one, or choose another directory.", error);
        }
    }

    public void Dispose() => _file.Dispose();
}
