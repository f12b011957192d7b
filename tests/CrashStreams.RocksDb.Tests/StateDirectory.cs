namespace CrashStreams.RocksDb.Tests;

/// <summary>A folder of its own for a test, with a storage over it; gone after the test.</summary>
public class StateDirectory : IDisposable
{
    public const string Application = "app", Task = "0_0", Store = "counts";

    private readonly int? _loadRunBytes;

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
        State.Dispose();
        State = New();
    }

    internal RocksDbEngine Open(string store = Store)
    {
        State.TryLock(Application, Task);
        return (RocksDbEngine)State.Open(Application, Task, store);
    }

    public virtual void Dispose()
    {
        State.Dispose();
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }
}
