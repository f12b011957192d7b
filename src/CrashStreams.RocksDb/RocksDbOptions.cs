namespace CrashStreams.RocksDb;

/// <summary>Where RocksDB keeps state, and how much memory it may use.</summary>
public sealed record RocksDbOptions
{
    /// <summary>The folder of all state: <c>Directory/application/task/store</c>. Made when it does not exist. Required.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The native memory of all stores of the process together: block cache, memtables, indexes and filters. Default 256 MiB; at least 16 MiB. When a process
    /// opens several storages, the largest budget holds for all. A value that alone is larger than a quarter of it comes on top while it is written.
    /// </summary>
    public long MemoryBudgetBytes { get; init; } = 256L << 20;

    /// <summary>What a bulk load sorts and writes to a file at a time. Tests choose less, to have many files.</summary>
    internal int LoadRunBytes { get; init; } = 2 << 20;

    /// <summary>
    /// How many changelog offsets all stores of the process together may be ahead of what they have flushed, besides 2,000 for each of them. Tests and measurements choose another.
    /// </summary>
    internal int UnflushedOffsets { get; init; } = 200_000;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="TopologyException">Something is wrong; the message lists every fault with its remedy.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(Directory))
            faults.Add("Directory is empty: name a folder on a local disk.");
        if (MemoryBudgetBytes < 16L << 20)
            faults.Add($"MemoryBudgetBytes is {MemoryBudgetBytes}: choose at least {16L << 20} (16 MiB).");
        if (faults.Count > 0)
            throw new TopologyException("RocksDB options: " + string.Join(" ", faults));
    }
}
