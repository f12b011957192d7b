using System.Text.RegularExpressions;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>The files of a log's directory by their names. Nothing but these is ever deleted from it.</summary>
internal static partial class LogDirectory
{
    /// <summary>Whether a file is one that a log writes.</summary>
    public static bool IsOwn(string file) => OwnFile().IsMatch(file);

    /// <summary>Deletes a log's files, then its directory. False when something else is in the directory, which stays.</summary>
    public static bool TryDelete(IStorage storage, string directory)
    {
        foreach (var file in storage.Files(directory).Where(IsOwn))
            storage.Delete($"{directory}/{file}");
        return storage.TryDeleteDirectory(directory);
    }

    [GeneratedRegex(@"^(\d{20}\.(log|index|cleaned)|\d{20}-\d{20}\.swap(\.damaged)?|checkpoint|checkpoint\.flushed|aborted|salvage)(\.tmp)?$", RegexOptions.CultureInvariant)]
    private static partial Regex OwnFile();
}
