using CrashStreams.Broker.Faults;

namespace CrashStreams.Broker.Storage;

/// <summary>Files in memory: for a broker that keeps nothing, and for tests that end processes and cut the power.</summary>
internal sealed class MemoryStorage(DiskFaults? faults = null) : IStorage
{
    private readonly Dictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
    private int _era;

    // Shared by the loop and the threads that clean and flush logs.
    private readonly Lock _names = new();

    public string Era => $"memory-{_era}";

    public IStorageFile Open(string path, bool create)
    {
        lock (_names)
        {
            if (_files.TryGetValue(path, out var file))
                return file.Open();
            if (!create)
                throw new FileNotFoundException("No such file in memory.", path);
            file = new MemoryFile(faults);
            _files.Add(path, file);
            return file.Open();
        }
    }

    public bool Exists(string path)
    {
        lock (_names)
            return _files.ContainsKey(path);
    }

    public void Delete(string path)
    {
        lock (_names)
            _files.Remove(path);
    }

    public void Replace(string from, string to)
    {
        lock (_names)
        {
            if (!_files.Remove(from, out var file))
                throw new FileNotFoundException("No such file in memory.", from);
            _files[to] = file;
        }
    }

    public void CreateDirectory(string path)
    {
        lock (_names)
        {
            for (; path.Length > 0; path = Parent(path))
                _directories.Add(path);
        }
    }

    public void MoveDirectory(string from, string to)
    {
        lock (_names)
        {
            foreach (var name in _files.Keys.Where(name => name.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
            {
                _files.Remove(name, out var file);
                _files[to + name[from.Length..]] = file!;
            }
            _directories.Remove(from);
            _directories.Add(to);
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_names)
        {
            foreach (var name in _files.Keys.Where(name => name.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
                _files.Remove(name);
            _directories.RemoveWhere(name => name == path || name.StartsWith(path + "/", StringComparison.Ordinal));
        }
    }

    public IReadOnlyList<string> Files(string path)
    {
        lock (_names)
            return [.. _files.Keys.Where(name => Parent(name) == path).Select(name => name[(name.LastIndexOf('/') + 1)..])];
    }

    public IReadOnlyList<string> Directories(string path)
    {
        lock (_names)
            return [.. _directories.Where(name => Parent(name) == path).Select(name => name[(name.LastIndexOf('/') + 1)..])];
    }

    /// <summary>Ends the process: open files are gone, all that was written is there.</summary>
    public void KillProcess()
    {
        lock (_names)
        {
            foreach (var file in _files.Values)
                file.CloseAll();
        }
    }

    /// <summary>Cuts the power: of what was not flushed, each file keeps a part of its own length, whose end may be garbage.</summary>
    public void CutPower(Random random)
    {
        lock (_names)
        {
            _era++;
            foreach (var (_, file) in _files.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                file.CloseAll();
                file.LoseUnflushed(random);
            }
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "";
}
