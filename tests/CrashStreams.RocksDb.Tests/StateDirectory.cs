namespace CrashStreams.RocksDb.Tests;

/// <summary>A folder of its own for a test, with a storage over it; gone after the test.</summary>
public class StateDirectory : IDisposable
{
    public const string Application = "app", Task = "0_0", Store = "counts";

    public StateDirectory() => State = New();

    public string Root { get; } = Directory.CreateTempSubdirectory("crashstreams-rocksdb-").FullName;

    public string StorePath => Path.Combine(Root, Application, Task, Store);

    public RocksDbState State { get; private set; }

    /// <summary>The smallest budget: memtables of all stores hold 4 MiB before they are flushed.</summary>
    public RocksDbState New() => new(new() { Directory = Root, MemoryBudgetBytes = 16 << 20 });

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
