namespace CrashStreams.CrashMonitor.Tests;

/// <summary>An empty folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-monitor-");

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
