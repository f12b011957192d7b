namespace CrashStreams.Engine;

/// <summary>Keeps the caches of a thread's stores within their memory. Looks once per turn of the thread, so a turn may exceed it by what it brings.</summary>
internal sealed class CacheBudget(long bytes)
{
    // Room for what comes next: to evict costs a walk through the cache, which is not to be taken every turn.
    private const double PartAfterEviction = 0.75;

    /// <summary>Evicts what has no room. True: too much of it waits for a commit.</summary>
    public bool IsFull(IReadOnlyList<StreamTask> tasks)
    {
        var cached = 0L;
        foreach (var task in tasks)
            cached += task.CachedBytes();
        if (cached <= bytes)
            return false;
        var dirty = 0L;
        foreach (var task in tasks)
            dirty += task.DirtyBytes();
        if (dirty > bytes / 2)
            return true;
        foreach (var task in tasks)
            task.Evict(PartAfterEviction * bytes / cached);
        return false;
    }
}
