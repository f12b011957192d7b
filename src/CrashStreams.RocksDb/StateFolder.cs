using System.Buffers;

namespace CrashStreams.RocksDb;

/// <summary>
/// An application's folder. Its marker says whose it is and in which format; a folder without one was made by somebody else, for
/// example by a Java application with the same id, and is left alone.
/// </summary>
internal sealed class StateFolder
{
    private const string Format = "crashstreams rocksdb 1";
    private const string Marker = "crashstreams-state";

    // What Kafka allows in topic names, of which application and store names become a part.
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private readonly string _path;

    private StateFolder(string path) => _path = path;

    /// <summary>Opens an application's folder, made when it does not exist.</summary>
    public static StateFolder Open(string root, string application)
    {
        var path = Path.Combine(Path.GetFullPath(root), Checked(application, "application id"));
        try
        {
            Claim(path, application);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CrashStreamsException($"The state folder '{path}' can't be used: {e.Message}", e);
        }

        return new StateFolder(path);
    }

    public string Task(string task) => Path.Combine(_path, Checked(task, "task"));

    public string Store(string task, string store) => Path.Combine(Task(task), Checked(store, "store name"));

    public IEnumerable<string> Tasks() => Directory.EnumerateDirectories(_path).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal);

    private static void Claim(string path, string application)
    {
        Directory.CreateDirectory(path);
        var marker = Path.Combine(path, Marker);
        var expected = $"{Format}\n{application}\n";
        if (!File.Exists(marker))
        {
            if (Directory.EnumerateFileSystemEntries(path).Any(e => !IsUnfinished(e)) && !File.Exists(marker))
                throw new CrashStreamsException($"'{path}' holds files that are not CrashStreams' state. Choose another directory or application id, or remove them.");
            Write(path, marker, expected);
        }

        var found = File.ReadAllText(marker);
        if (found == expected)
            return;
        var lines = found.Split('\n');
        throw new CrashStreamsException(lines[0] != Format
            ? $"The state in '{path}' has the format '{lines[0]}', this version needs '{Format}'. Use the version that wrote it, or remove the folder: state is rebuilt from changelogs."
            : $"The state in '{path}' belongs to the application '{lines.ElementAtOrDefault(1)}', not to '{application}'. Choose another directory, or remove the folder.");
    }

    // Renamed into place, so that nobody reads half a marker; of two processes that start together, either one's will do.
    private static void Write(string path, string marker, string text)
    {
        var unfinished = Path.Combine(path, $"{Marker}~{Guid.NewGuid():N}");
        File.WriteAllText(unfinished, text);
        File.Move(unfinished, marker, overwrite: true);
    }

    private static bool IsUnfinished(string entry) => Path.GetFileName(entry).StartsWith(Marker + "~", StringComparison.Ordinal);

    private static string Checked(string name, string what) =>
        name.Length > 0 && name is not ("." or "..") && !name.AsSpan().ContainsAnyExcept(Allowed)
            ? name
            : throw new CrashStreamsException($"The {what} '{name}' can't name a folder: use letters, digits, '.', '_' and '-'.");
}
