using CrashStreams.Stores;

namespace CrashStreams.Testing;

/// <summary>What several processes share: the stores' contents and who holds which task. Threads of an application use it at once, so it is locked.</summary>
internal sealed class MemoryDisk(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Application, string Task, string Store), MemoryStore> _stores = [];
    private readonly Dictionary<(string Application, string Task), object> _holders = [];
    private readonly Dictionary<(string Application, string Task), DateTimeOffset> _lastUsed = [];

    public bool IsFull { get; set; }

    public IReadOnlyList<string> Stores
    {
        get
        {
            lock (_lock)
                return _stores.Keys.Select(k => $"{k.Application}/{k.Task}/{k.Store}").ToList();
        }
    }

    public bool TryLock(object owner, string application, string task)
    {
        lock (_lock)
            return _holders.TryAdd((application, task), owner);
    }

    public void Unlock(object owner, string application, string task)
    {
        lock (_lock)
        {
            CheckLock(owner, application, task);
            foreach (var (key, store) in _stores)
            {
                if (store.OpenedBy is not null && key.Task == task && key.Application == application)
                    throw new InvalidOperationException($"Task {task} is unlocked while its store '{key.Store}' is open.");
            }

            _holders.Remove((application, task));
            _lastUsed[(application, task)] = time.GetUtcNow();
        }
    }

    public MemoryStateEngine Open(object owner, string application, string task, string store)
    {
        lock (_lock)
        {
            CheckLock(owner, application, task);
            var key = (application, task, store);
            if (!_stores.TryGetValue(key, out var content))
                _stores[key] = content = new($"{application}/{task}/{store}", this);
            if (content.IsCorrupt)
                throw new StateCorruptedException($"The state of {content.Name} can't be read.");
            if (content.OpenedBy is not null)
                throw new InvalidOperationException($"Store {content.Name} is open already.");
            return new(content, owner);
        }
    }

    public void Delete(object owner, string application, string task, string store)
    {
        lock (_lock)
        {
            CheckLock(owner, application, task);
            if (_stores.TryGetValue((application, task, store), out var content) && content.OpenedBy is not null)
                throw new InvalidOperationException($"Store {content.Name} is deleted while it is open.");
            _stores.Remove((application, task, store));
        }
    }

    public IReadOnlyList<string> Clean(string application, TimeSpan unusedFor)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var tasks = _stores.Keys.Where(k => k.Application == application).Select(k => k.Task).Distinct()
                .Where(t => !_holders.ContainsKey((application, t)) && now - _lastUsed.GetValueOrDefault((application, t), now) >= unusedFor).ToList();
            foreach (var key in _stores.Keys.Where(k => k.Application == application && tasks.Contains(k.Task)).ToList())
                _stores.Remove(key);
            return tasks;
        }
    }

    public void Crash(object owner, Func<int, int> batchesLost)
    {
        lock (_lock)
        {
            foreach (var store in _stores.Values.Where(s => s.OpenedBy == owner))
                store.FallBack(batchesLost(store.BatchesAtRisk));
            foreach (var task in _holders.Where(h => h.Value == owner).Select(h => h.Key).ToList())
            {
                _holders.Remove(task);
                _lastUsed[task] = time.GetUtcNow();
            }
        }
    }

    public MemoryStore Find(string application, string task, string store)
    {
        lock (_lock)
            return _stores[(application, task, store)];
    }

    private void CheckLock(object owner, string application, string task)
    {
        if (_holders.GetValueOrDefault((application, task)) != owner)
            throw new InvalidOperationException($"Task {task} of '{application}' is used without its lock.");
    }
}
