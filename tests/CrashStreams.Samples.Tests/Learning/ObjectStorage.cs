using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Storage;
using CrashStreams.Sinks.S3;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>A server of S3's protocol that was not written here, with an empty bucket; the test is skipped where it is not installed.</summary>
internal sealed class ObjectStorage : IDisposable
{
    public const string Bucket = "views";

    private readonly TemporaryFolder _folder = new();
    private readonly OwnStorage _server;

    private ObjectStorage()
    {
        _server = new(_folder.Path, Bucket);
        Views = new(new(new S3Options { Url = _server.Url, Bucket = Bucket, AccessKeyId = OwnStorage.Key, SecretAccessKey = OwnStorage.Key, Timeout = TimeSpan.FromSeconds(60) }));
    }

    public ObjectViews Views { get; }

    /// <summary>What names it on a command line.</summary>
    public string[] Arguments => ["--s3", $"{_server.Url}", "--bucket", Bucket];

    /// <summary>One that does not run yet.</summary>
    public static ObjectStorage Describe()
    {
        Assert.SkipUnless(OwnStorage.IsInstalled, "s3rver is missing (build.sh installs it where npm is)");
        // The programs that tests start read them there.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", OwnStorage.Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", OwnStorage.Key);
        return new();
    }

    public static async Task<ObjectStorage> StartAsync()
    {
        var storage = Describe();
        await storage.StartAgainAsync();
        return storage;
    }

    public Task StartAgainAsync() => _server.StartAsync(CancellationToken.None);

    /// <summary>Ends it as a crash does; its objects stay.</summary>
    public void Kill() => _server.Kill();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }
}
