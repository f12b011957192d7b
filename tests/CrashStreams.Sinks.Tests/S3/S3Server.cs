using CrashStreams.Samples.Storage;
using CrashStreams.Sinks.S3;

namespace CrashStreams.Sinks.Tests.S3;

/// <summary>A server of S3's protocol that was not written here, for the tests of a class; they are skipped where it is not installed.</summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = "rows";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("s3-");
    private readonly OwnStorage _server;

    public S3Server() => _server = new(_folder.FullName, Bucket, "other");

    public Uri Url => _server.Url;

    public static S3Options Options(Uri url, string bucket = Bucket, string key = OwnStorage.Key, TimeSpan? timeout = null) =>
        new() { Url = url, Bucket = bucket, AccessKeyId = key, SecretAccessKey = OwnStorage.Key, Timeout = timeout ?? TimeSpan.FromSeconds(30), Retries = 0 };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OwnStorage.IsInstalled, "s3rver is missing (build.sh installs it where npm is)");
        await StartAsync();
    }

    public Task StartAsync() => _server.StartAsync(CancellationToken.None);

    public void Kill() => _server.Kill();

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
