using System.CommandLine;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary>Where views are stored.</summary>
internal sealed class StorageArguments
{
    private readonly Option<string> _out = new("--out") { Description = "Folder for the views, instead of object storage", DefaultValueFactory = _ => "out" };

    public IReadOnlyList<Option> All => [_out];

    public IViewStorage Open(ParseResult arguments)
    {
        var folder = new FolderViews(arguments.ValueOf(_out));
        folder.CheckWritable();
        return folder;
    }
}
