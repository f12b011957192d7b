namespace CrashStreams.Broker.Tests.Clients;

/// <summary>A directory that is gone when the test has ended.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("crashstreams-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
