using CrashStreams.Broker.Faults;

namespace CrashStreams.Broker.Storage;

/// <summary>Files in memory: for a broker that keeps nothing, and for tests that end processes and cut the power.</summary>
/// <param name="faults">What is wrong with the disk.</param>
/// <param name="losesNames">Whether a power cut takes back what was created, renamed and deleted in a directory since its names were flushed.</param>
internal sealed class MemoryStorage(DiskFaults? faults = null, bool losesNames = false) : IStorage
{
    private readonly Folder _root = new();
    private int _era;

    // Shared by the loop and the threads that clean and flush logs.
    private readonly Lock _names = new();

    public string Era => $"memory-{_era}";

    public string Location => "memory";

    public FileBudget Budget { get; } = new(int.MaxValue);

    public IStorageFile Open(string path, bool create)
    {
        lock (_names)
        {
            var (folder, name) = Split(path);
            if (Find(folder)?.Files.TryGetValue(name, out var file) == true)
                return file.Open();
            if (!create)
                throw new FileNotFoundException("No such file in memory.", path);
            file = new MemoryFile(faults);
            FindOrAdd(folder).Files.Add(name, file);
            return file.Open(flushed: () => FlushNames(folder));
        }
    }

    public bool Exists(string path)
    {
        var (folder, name) = Split(path);
        lock (_names)
            return Find(folder)?.Files.ContainsKey(name) == true;
    }

    public void Delete(string path)
    {
        var (folder, name) = Split(path);
        lock (_names)
            Find(folder)?.Files.Remove(name);
    }

    public void Replace(string from, string to)
    {
        lock (_names)
        {
            var (folder, name) = Split(from);
            MemoryFile? file = null;
            if (Find(folder)?.Files.Remove(name, out file) != true)
                throw new FileNotFoundException("No such file in memory.", from);
            (folder, name) = Split(to);
            FindOrAdd(folder).Files[name] = file!;
        }
    }

    public void CreateDirectory(string path)
    {
        lock (_names)
            FindOrAdd(path);
    }

    public bool TryDeleteDirectory(string path)
    {
        var (parent, name) = Split(path);
        lock (_names)
        {
            if (Find(path) is { } folder && folder.Files.Count + folder.Folders.Count > 0)
                return false;
            Find(parent)?.Folders.Remove(name);
            return true;
        }
    }

    public void FlushNames(string path)
    {
        lock (_names)
            Find(path)?.FlushNames();
    }

    public void MoveDirectory(string from, string to)
    {
        lock (_names)
        {
            var (parent, name) = Split(from);
            Folder? moved = null;
            if (Find(parent)?.Folders.Remove(name, out moved) != true)
                throw new DirectoryNotFoundException($"There is no directory {from} in memory.");
            (parent, name) = Split(to);
            FindOrAdd(parent).Folders.Add(name, moved!);
        }
    }

    public IReadOnlyList<string> Files(string path)
    {
        lock (_names)
            return [.. Find(path)?.Files.Keys ?? Enumerable.Empty<string>()];
    }

    public IReadOnlyList<string> Directories(string path)
    {
        lock (_names)
            return [.. Find(path)?.Folders.Keys ?? Enumerable.Empty<string>()];
    }

    /// <summary>Ends the process: open files are gone, all that was written is there.</summary>
    public void KillProcess()
    {
        lock (_names)
        {
            foreach (var (_, file) in All(_root, ""))
                file.CloseAll();
        }
    }

    /// <summary>Cuts the power: of what was not flushed, each file keeps a part of its own length, whose end may be garbage.</summary>
    public void CutPower(Random random)
    {
        lock (_names)
        {
            _era++;
            if (losesNames)
                _root.LoseUnflushedNames();
            foreach (var (_, file) in All(_root, "").OrderBy(static file => file.Path, StringComparer.Ordinal))
            {
                file.CloseAll();
                file.LoseUnflushed(random);
            }
        }
    }

    private static IEnumerable<(string Path, MemoryFile File)> All(Folder folder, string path) => folder.Files.Select(file => (path + file.Key, file.Value))
        .Concat(folder.Folders.SelectMany(inner => All(inner.Value, $"{path}{inner.Key}/")));

    private static (string Parent, string Name) Split(string path) => path.LastIndexOf('/') is >= 0 and var slash ? (path[..slash], path[(slash + 1)..]) : ("", path);

    private Folder? Find(string path)
    {
        var folder = _root;
        foreach (var name in Names(path))
        {
            if (!folder.Folders.TryGetValue(name, out var inner))
                return null;
            folder = inner;
        }

        return folder;
    }

    private Folder FindOrAdd(string path)
    {
        var folder = _root;
        foreach (var name in Names(path))
        {
            if (!folder.Folders.TryGetValue(name, out var inner))
                folder.Folders.Add(name, inner = new());
            folder = inner;
        }

        return folder;
    }

    private static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private sealed class Folder
    {
        private Dictionary<string, Folder> _flushedFolders = new(StringComparer.Ordinal);
        private Dictionary<string, MemoryFile> _flushedFiles = new(StringComparer.Ordinal);

        public Dictionary<string, Folder> Folders { get; private set; } = new(StringComparer.Ordinal);

        public Dictionary<string, MemoryFile> Files { get; private set; } = new(StringComparer.Ordinal);

        public void FlushNames() => (_flushedFolders, _flushedFiles) = (new(Folders, StringComparer.Ordinal), new(Files, StringComparer.Ordinal));

        public void LoseUnflushedNames()
        {
            (Folders, Files) = (new(_flushedFolders, StringComparer.Ordinal), new(_flushedFiles, StringComparer.Ordinal));
            foreach (var folder in Folders.Values)
                folder.LoseUnflushedNames();
        }
    }
}
