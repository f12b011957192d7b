namespace CrashStreams.RocksDb.Tests;

/// <summary>A folder of its own for a test, with a storage over it; gone after the test.</summary>
public class StateDirectory : IDisposable
{
    public const string Application = "app", Task = "0_0", Store = "counts";

    private readonly int? _loadRunBytes;
    private readonly List<RocksDbEngine> _opened = [];

    public StateDirectory()
        : this(null)
    {
    }

    /// <param name="loadRunBytes">What a bulk load puts into a file; null: the usual.</param>
    protected internal StateDirectory(int? loadRunBytes)
    {
        _loadRunBytes = loadRunBytes;
        State = New();
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("crashstreams-rocksdb-").FullName;

    public string StorePath => Path.Combine(Root, Application, Task, Store);

    public RocksDbState State { get; private set; }

    /// <summary>The smallest budget: memtables of all stores hold 4 MiB before they are flushed.</summary>
    public RocksDbState New()
    {
        var options = new RocksDbOptions { Directory = Root, MemoryBudgetBytes = 16 << 20 };
        return new(_loadRunBytes is { } bytes ? options with { LoadRunBytes = bytes } : options);
    }

    /// <summary>Ends the storage as the death of its process does, and begins another.</summary>
    public void Restart()
    {
        Close();
        State = New();
    }

    internal RocksDbEngine Open(string store = Store)
    {
        State.TryLock(Application, Task);
        var engine = (RocksDbEngine)State.Open(Application, Task, store);
        _opened.Add(engine);
        return engine;
    }

    public virtual void Dispose()
    {
        Close();
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void Close()
    {
        State.Dispose();
        _opened.ForEach(static e => e.Dispose());
        _opened.Clear();
        State.Unlock(Application, Task);
    }
}
