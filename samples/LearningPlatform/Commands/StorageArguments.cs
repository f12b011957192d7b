using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Terminal;
using CrashStreams.Sinks.S3;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary>Where views are stored.</summary>
internal sealed class StorageArguments
{
    private readonly Option<string?> _s3 = new("--s3") { Description = "Object storage: its address. Keys and region are read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION" };
    private readonly Option<string?> _bucket = new("--bucket") { Description = "The bucket, which exists" };
    private readonly Option<string> _out = new("--out") { Description = "Folder for the views, instead of object storage", DefaultValueFactory = _ => "out" };

    public IReadOnlyList<Option> All => [_s3, _bucket, _out];

    /// <summary>The storage that was named; object storage is not asked yet, because it may come later.</summary>
    /// <exception cref="UsageException">An option can't be used.</exception>
    /// <exception cref="IOException">The folder can't be used, or there are no keys.</exception>
    public IViewStorage Open(ParseResult arguments)
    {
        var (url, bucket) = (arguments.GetValue(_s3), arguments.GetValue(_bucket));
        if (url is null && bucket is null)
            return Folder(arguments.ValueOf(_out));
        if (url is null || bucket is null)
            throw new UsageException($"{_s3.Name} and {_bucket.Name} go together: {_s3.Name} http://localhost:9000 {_bucket.Name} views.");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new UsageException($"{_s3.Name} '{url}' is no address of a storage: write it like http://localhost:9000.");
        try
        {
            return new ObjectViews(new(S3Options.FromEnvironment(address, bucket)));
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static FolderViews Folder(string path)
    {
        var folder = new FolderViews(path);
        folder.CheckWritable();
        return folder;
    }
}
