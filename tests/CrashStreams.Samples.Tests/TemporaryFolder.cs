namespace CrashStreams.Samples.Tests;

/// <summary>An empty folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("samples-");

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
