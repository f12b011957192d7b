using System.Collections.Immutable;

namespace CrashStreams.Testing;

/// <summary>
/// A store's content on a <see cref="MemoryDisk"/>. Each batch makes a new version; those since the last flush are kept, because a crash may fall back
/// to any of them.
/// </summary>
internal sealed class MemoryStore(string name, MemoryDisk disk)
{
    // An engine writes its memory to disk now and then without being asked.
    private const int MaxVersions = 32;

    private static readonly Version _nothing = new(ImmutableSortedSet<Entry>.Empty.WithComparer(EntryOrder.Instance), -1, "");

    private readonly LinkedList<Version> _versions = new([_nothing]);

    public string Name => name;

    public bool IsCorrupt { get; set; }

    public object? OpenedBy { get; set; }

    public Version Current => _versions.Last!.Value;

    public int BatchesAtRisk => _versions.Count - 1;

    public void Write(Version next)
    {
        if (disk.IsFull)
            throw new CrashStreamsException($"The state of {name} could not be written: the disk is full. Make room; nothing is lost.");
        _versions.AddLast(next);
        if (_versions.Count > MaxVersions)
            _versions.RemoveFirst();
    }

    public void Flush()
    {
        while (_versions.Count > 1)
            _versions.RemoveFirst();
    }

    public void FallBack(int batches)
    {
        for (; batches > 0 && _versions.Count > 1; batches--)
            _versions.RemoveLast();
        Flush();
        OpenedBy = null;
    }

    public sealed record Version(ImmutableSortedSet<Entry> Entries, long Position, string Tag);

    public readonly record struct Entry(byte[] Key, byte[] Value);

    private sealed class EntryOrder : IComparer<Entry>
    {
        public static readonly EntryOrder Instance = new();

        public int Compare(Entry x, Entry y) => x.Key.AsSpan().SequenceCompareTo(y.Key);
    }
}
