using CrashStreams.RocksDb.Native;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb;

/// <summary>
/// State in RocksDB databases, one per store of a task, under <c>directory/application/task/store</c>. Native memory is one budget for the whole process, whatever
/// the number of stores. A task's folder is locked by its owner, across processes; the lock ends with the process.
/// </summary>
public sealed class RocksDbState : IStateStorage
{
    private const string Deleted = "~deleted";

    private readonly RocksDbOptions _options;

    // Stream threads lock, open and close their tasks at the same time.
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Application, string Task), TaskLock> _locks = [];
    private readonly Dictionary<RocksDbEngine, (string Application, string Task)> _engines = [];
    private bool _isDisposed;
    private bool _hasLeftBudget;

    /// <summary>Makes a storage; nothing is opened yet.</summary>
    /// <exception cref="TopologyException">An option is wrong.</exception>
    /// <exception cref="CrashStreamsException">RocksDB's native library is missing; the message says what to install.</exception>
    public RocksDbState(RocksDbOptions options)
    {
        options.Validate();
        RocksLoader.EnsureLoaded();
        _options = options;
        MemoryBudget.Join(options);
        StoreGauges.Start();
    }

    /// <inheritdoc/>
    public bool TryLock(string application, string task)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_locks.ContainsKey((application, task)))
                return false;
            var path = Folder(application).Task(task);
            if (Guarded(path, () => TaskLock.TryTake(path)) is not { } taken)
                return false;
            _locks.Add((application, task), taken);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Unlock(string application, string task)
    {
        lock (_gate)
        {
            if (_engines.ContainsValue((application, task)))
                throw new InvalidOperationException($"Task {task} of '{application}' has open stores: close them before giving its state up.");
            if (_locks.Remove((application, task), out var held))
                held.Dispose();
        }
    }

    /// <inheritdoc/>
    public IStateEngine Open(string application, string task, string store)
    {
        var path = Folder(application).Store(task, store);
        lock (_gate)
            ThrowUnlessHeld(application, task);
        if (!File.Exists(Path.Combine(path, "CURRENT")) && Directory.Exists(path) && Directory.EnumerateFiles(path, "*.sst").Any())
            throw new StateCorruptedException($"The store in '{path}' has lost its file CURRENT. It has to be rebuilt from its changelog.");
        var engine = Guarded(path, () =>
        {
            RemoveDeleted(path);
            Directory.CreateDirectory(path);
            return new RocksDbEngine(path, application, store, _options.LoadRunBytes, Closed);
        });
        lock (_gate)
            _engines.Add(engine, (application, task));
        return engine;
    }

    /// <inheritdoc/>
    public void Delete(string application, string task, string store)
    {
        var path = Folder(application).Store(task, store);
        lock (_gate)
            ThrowUnlessHeld(application, task);
        Guarded(path, () =>
        {
            RemoveDeleted(path);
            Remove(path);
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Clean(string application, TimeSpan unusedFor)
    {
        var folder = Folder(application);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return [.. folder.Tasks().Where(task => !_locks.ContainsKey((application, task)) && DeleteUnused(folder.Task(task), unusedFor))];
        }
    }

    /// <summary>
    /// Gives up all tasks without open stores, and opens none any more. A store that is still open belongs to a thread that did not end in time, because it is busy in code of the
    /// topology: it is closed, and its task given up, when that thread ends. To close it under the thread would make records fail that are committed afterwards.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var (task, held) in _locks.Where(l => !_engines.ContainsValue(l.Key)).ToList())
            {
                _locks.Remove(task);
                held.Dispose();
            }

            LeaveBudgetAtEnd();
        }
    }

    // The lock's file stays: whoever waits for a lock on a file that is gone would hold nothing.
    private static bool DeleteUnused(string taskPath, TimeSpan unusedFor) =>
        Guarded(taskPath, () =>
        {
            var stores = Directory.GetDirectories(taskPath);
            if (stores.Length == 0 || TaskLock.TryTake(taskPath) is not { } taken)
                return false;
            // Whose owner died was in use until an unknown time: the delay begins now.
            if (taken.WasAbandoned)
            {
                taken.Dispose();
                return false;
            }

            var isUnused = TimeProvider.System.GetUtcNow().UtcDateTime - taken.LastUsed >= unusedFor;
            if (isUnused)
            {
                foreach (var store in stores)
                    Remove(store);
            }

            taken.Restore();
            return isUnused;
        });

    // Renamed first: half a deletion must not look like a store.
    private static void Remove(string storePath)
    {
        if (!Directory.Exists(storePath))
            return;
        if (!storePath.EndsWith(Deleted, StringComparison.Ordinal))
            Directory.Move(storePath, storePath + Deleted);
        RemoveDeleted(storePath);
    }

    private static void RemoveDeleted(string storePath)
    {
        var path = storePath.EndsWith(Deleted, StringComparison.Ordinal) ? storePath : storePath + Deleted;
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CrashStreamsException($"The state in '{path}' can't be used: {e.Message}", e);
        }
    }

    private StateFolder Folder(string application) => StateFolder.Open(_options.Directory, application);

    private void Closed(RocksDbEngine engine)
    {
        lock (_gate)
        {
            _engines.Remove(engine);
            LeaveBudgetAtEnd();
        }
    }

    // Under the gate: when the last store of a storage that was disposed of is closed.
    private void LeaveBudgetAtEnd()
    {
        if (!_isDisposed || _engines.Count > 0 || _hasLeftBudget)
            return;
        _hasLeftBudget = true;
        MemoryBudget.Leave(_options);
    }

    private void ThrowUnlessHeld(string application, string task)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_locks.ContainsKey((application, task)))
            throw new InvalidOperationException($"Task {task} of '{application}' is not locked by this storage: call TryLock first.");
    }
}
