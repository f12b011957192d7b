namespace CrashStreams.Stores;

/// <summary>
/// Entries that are no longer part of a store and still have to be written to its changelog. There are few: the Watermarks clock does not log what has expired.
/// </summary>
internal sealed class ForgottenEntries
{
    private readonly List<Entry> _entries = [];
    private int _taken;

    public int Count => _entries.Count;

    public void Add(OrderedLeaf leaf, int index)
    {
        ref readonly var slot = ref leaf[index];
        _entries.Add(new(leaf.Key(index).ToArray(), leaf.Value(index).ToArray(), slot.Timestamp, slot.IsPresent, slot.Is(EntryState.Replaced), _entries.Count));
    }

    public void Sort() => _entries.Sort(static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key) is var order and not 0 ? order : a.Number.CompareTo(b.Number));

    /// <summary>Takes the next one whose key is not above another one.</summary>
    public bool TryTakeThrough(ReadOnlySpan<byte> key, out Entry entry) => TryTake(out entry, _taken < _entries.Count && _entries[_taken].Key.AsSpan().SequenceCompareTo(key) <= 0);

    /// <summary>Takes the next one.</summary>
    public bool TryTake(out Entry entry) => TryTake(out entry, _taken < _entries.Count);

    public void Clear()
    {
        _entries.Clear();
        _taken = 0;
    }

    private bool TryTake(out Entry entry, bool takes)
    {
        entry = takes ? _entries[_taken++] : default;
        return takes;
    }

    public readonly record struct Entry(byte[] Key, byte[] Value, long Timestamp, bool IsPresent, bool IsReplaced, int Number);
}
