using CrashStreams.Stores;

namespace CrashStreams.Testing;

/// <summary>
/// State in memory that outlives tasks and applications, as a disk does: for tests of restarts. It crashes like a disk too: <see cref="Crash"/> falls back
/// to what an earlier batch has left. One object is what one process sees of the disk; <see cref="OtherProcess"/> is another one's view of the same.
/// </summary>
public sealed class MemoryStateStorage : IStateStorage
{
    private readonly MemoryDisk _disk;
    private readonly object _owner = new();

    /// <summary>An empty disk.</summary>
    /// <param name="time">Tells how long state has not been used; the system's clock by default.</param>
    public MemoryStateStorage(TimeProvider? time = null)
        : this(new MemoryDisk(time ?? TimeProvider.System))
    {
    }

    private MemoryStateStorage(MemoryDisk disk) => _disk = disk;

    /// <summary>The same disk as another process sees it: locks of one keep the other out.</summary>
    public MemoryStateStorage OtherProcess() => new(_disk);

    /// <summary>While it is set every write is refused, as by a full disk.</summary>
    public bool IsFull
    {
        get => _disk.IsFull;
        set => _disk.IsFull = value;
    }

    /// <summary>The stores that there are, as <c>application/task/store</c>, in order.</summary>
    public IReadOnlyList<string> Stores => _disk.Stores;

    /// <inheritdoc/>
    public bool TryLock(string application, string task) => _disk.TryLock(_owner, application, task);

    /// <inheritdoc/>
    public void Unlock(string application, string task) => _disk.Unlock(_owner, application, task);

    /// <inheritdoc/>
    public IStateEngine Open(string application, string task, string store) => _disk.Open(_owner, application, task, store);

    /// <inheritdoc/>
    public void Delete(string application, string task, string store) => _disk.Delete(_owner, application, task, store);

    /// <inheritdoc/>
    public IReadOnlyList<string> Clean(string application, TimeSpan unusedFor) => _disk.Clean(application, unusedFor);

    /// <summary>
    /// The process dies: its locks are gone and its engines unusable; each has lost some of the batches that were written since the last
    /// <see cref="IStateEngine.Flush"/>, always the newest.
    /// </summary>
    /// <param name="batchesLost">Asked per store with the number of batches that may be lost; answers how many are, from 0 to that.</param>
    public void Crash(Func<int, int>? batchesLost = null) => _disk.Crash(_owner, batchesLost ?? (static _ => 0));

    /// <summary>Makes a store unreadable until it is deleted.</summary>
    public void Corrupt(string application, string task, string store) => _disk.Find(application, task, store).IsCorrupt = true;

    /// <summary>Gives up what this process holds; the content stays for the next one.</summary>
    public void Dispose() => Crash();
}
