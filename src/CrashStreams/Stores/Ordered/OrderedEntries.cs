using System.Diagnostics;

namespace CrashStreams.Stores;

/// <summary>
/// Entries in the order of their keys' bytes: a directory of leaves with at most <see cref="LeafCapacity"/> entries each. Finding a key is two binary
/// searches; inserting moves part of one leaf, and now and then part of the directory, which is 1/64 of the entries at most and moved at 10 GB/s.
/// </summary>
internal sealed class OrderedEntries
{
    private const int LeafCapacity = 128;

    private Leaf[] _leaves = new Leaf[4];

    // The i-th leaf holds keys that are not below the i-th bound; the first leaf's bound is not looked at.
    private byte[][] _bounds = new byte[4][];
    private int _leafCount;
    private int _lastLeaf;

    public int Count { get; private set; }

    /// <summary>Changes whenever entries are added or removed: a <see cref="Position"/> of another version must be found again.</summary>
    public int Version { get; private set; }

    public OrderedEntry? Find(ReadOnlySpan<byte> key)
    {
        if (_leafCount == 0)
            return null;
        var leaf = _leaves[LeafOf(key)];
        var index = leaf.IndexOf(key);
        return index >= 0 ? leaf.Entries[index] : null;
    }

    /// <summary>The entry of a key, added when there is none.</summary>
    public OrderedEntry GetOrAdd(ReadOnlySpan<byte> key, out bool existed)
    {
        existed = false;
        if (_leafCount == 0)
            InsertLeaf(0, new(), []);
        var at = LeafOf(key);
        var leaf = _leaves[at];
        var index = leaf.IndexOf(key);
        if (index >= 0)
        {
            existed = true;
            return leaf.Entries[index];
        }

        var entry = new OrderedEntry(key.ToArray());
        Insert(at, ~index, entry);
        return entry;
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (_leafCount == 0)
            return false;
        var at = LeafOf(key);
        var index = _leaves[at].IndexOf(key);
        if (index < 0)
            return false;
        _leaves[at].RemoveRange(index, 1);
        Count--;
        Version++;
        Shrink(at);
        return true;
    }

    /// <summary>Removes the entries from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive), each handed to <paramref name="removed"/>.</summary>
    public void RemoveRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Action<OrderedEntry> removed)
    {
        for (var at = LowerBound(from); TryGet(ref at, out _);)
        {
            var leaf = _leaves[at.Leaf];
            var end = leaf.LowerBound(to);
            if (end <= at.Index)
                return;
            for (var i = at.Index; i < end; i++)
                removed(leaf.Entries[i]);
            var isLast = end < leaf.Count;
            leaf.RemoveRange(at.Index, end - at.Index);
            Count -= end - at.Index;
            Version++;
            if (leaf.Count == 0)
                RemoveLeaf(at.Leaf);
            if (isLast)
                return;
        }
    }

    /// <summary>Removes entries that <paramref name="isRemoved"/> chooses, in order, until it has seen all or <paramref name="isDone"/>.</summary>
    public void RemoveWhere(Predicate<OrderedEntry> isRemoved, Func<bool> isDone)
    {
        for (var at = 0; at < _leafCount && !isDone();)
        {
            var leaf = _leaves[at];
            var removed = leaf.RemoveWhere(isRemoved, isDone);
            Count -= removed;
            Version += removed > 0 ? 1 : 0;
            if (leaf.Count == 0)
                RemoveLeaf(at);
            else
                at++;
        }
    }

    /// <summary>Adds to a list those entries that <paramref name="isMeant"/> chooses, in order.</summary>
    public void AddTo(List<OrderedEntry> list, Predicate<OrderedEntry> isMeant)
    {
        for (var at = 0; at < _leafCount; at++)
        {
            foreach (var entry in _leaves[at].Entries.AsSpan(0, _leaves[at].Count))
            {
                if (isMeant(entry))
                    list.Add(entry);
            }
        }
    }

    /// <summary>The place of the first entry that is not below a key.</summary>
    public Position LowerBound(ReadOnlySpan<byte> key)
    {
        if (_leafCount == 0)
            return default;
        var at = LeafOf(key);
        return new(at, _leaves[at].LowerBound(key));
    }

    public Position End => new(_leafCount, 0);

    /// <summary>The entry at a place; one behind a leaf's end is moved to the next leaf. False behind the last.</summary>
    public bool TryGet(ref Position at, out OrderedEntry entry)
    {
        while (at.Leaf < _leafCount)
        {
            var leaf = _leaves[at.Leaf];
            if (at.Index < leaf.Count)
            {
                entry = leaf.Entries[at.Index];
                return true;
            }

            at = new(at.Leaf + 1, 0);
        }

        entry = null!;
        return false;
    }

    /// <summary>The entry before a place, which is moved there. False before the first.</summary>
    public bool TryGetBefore(ref Position at, out OrderedEntry entry)
    {
        while (at.Index == 0)
        {
            if (at.Leaf == 0)
            {
                entry = null!;
                return false;
            }

            at = new(at.Leaf - 1, _leaves[at.Leaf - 1].Count);
        }

        at = new(at.Leaf, at.Index - 1);
        entry = _leaves[at.Leaf].Entries[at.Index];
        return true;
    }

    // The last leaf whose bound is not above the key. What an operator does with one key comes to one leaf, as a rule: the last one is looked at first, where its neighbours' bounds say whether it is right.
    private int LeafOf(ReadOnlySpan<byte> key)
    {
        var last = _lastLeaf;
        if (last < _leafCount && (last == 0 || _bounds[last].AsSpan().SequenceCompareTo(key) <= 0) && (last + 1 == _leafCount || _bounds[last + 1].AsSpan().SequenceCompareTo(key) > 0))
            return last;
        var (low, high) = (1, _leafCount);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_bounds[middle].AsSpan().SequenceCompareTo(key) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return _lastLeaf = low - 1;
    }

    private void Insert(int at, int index, OrderedEntry entry)
    {
        Count++;
        Version++;
        var leaf = _leaves[at];
        if (leaf.Count == LeafCapacity)
        {
            // What comes in order, as entries by time do, fills its leaves.
            var kept = index == LeafCapacity ? LeafCapacity : LeafCapacity / 2;
            var upper = leaf.Split(kept);
            InsertLeaf(at + 1, upper, kept == LeafCapacity ? entry.Key : upper.Keys[0]);
            // One that falls between both halves is below the upper one's bound.
            if (index > kept || kept == LeafCapacity)
                (leaf, index) = (upper, index - kept);
        }

        leaf.Insert(index, entry);
    }

    private void Shrink(int at)
    {
        var leaf = _leaves[at];
        if (leaf.Count == 0)
        {
            RemoveLeaf(at);
            return;
        }

        if (leaf.Count > LeafCapacity / 8 || at + 1 >= _leafCount || leaf.Count + _leaves[at + 1].Count > LeafCapacity / 2)
            return;
        leaf.Append(_leaves[at + 1]);
        RemoveLeaf(at + 1);
    }

    private void InsertLeaf(int at, Leaf leaf, byte[] bound)
    {
        if (_leafCount == _leaves.Length)
        {
            Array.Resize(ref _leaves, _leafCount * 2);
            Array.Resize(ref _bounds, _leafCount * 2);
        }

        Array.Copy(_leaves, at, _leaves, at + 1, _leafCount - at);
        Array.Copy(_bounds, at, _bounds, at + 1, _leafCount - at);
        (_leaves[at], _bounds[at]) = (leaf, bound);
        _leafCount++;
    }

    private void RemoveLeaf(int at)
    {
        _leafCount--;
        Array.Copy(_leaves, at + 1, _leaves, at, _leafCount - at);
        Array.Copy(_bounds, at + 1, _bounds, at, _leafCount - at);
        (_leaves[_leafCount], _bounds[_leafCount]) = (null!, null!);
    }

    public readonly record struct Position(int Leaf, int Index);

    private sealed class Leaf
    {
        public readonly byte[][] Keys = new byte[LeafCapacity][];
        public readonly OrderedEntry[] Entries = new OrderedEntry[LeafCapacity];

        public int Count { get; private set; }

        public int IndexOf(ReadOnlySpan<byte> key)
        {
            var index = LowerBound(key);
            return index < Count && Keys[index].AsSpan().SequenceEqual(key) ? index : ~index;
        }

        public int LowerBound(ReadOnlySpan<byte> key)
        {
            var (low, high) = (0, Count);
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (Keys[middle].AsSpan().SequenceCompareTo(key) < 0)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }

        public void Insert(int index, OrderedEntry entry)
        {
            Debug.Assert(Count < LeafCapacity, "A full leaf is split before.");
            Array.Copy(Keys, index, Keys, index + 1, Count - index);
            Array.Copy(Entries, index, Entries, index + 1, Count - index);
            (Keys[index], Entries[index]) = (entry.Key, entry);
            Count++;
        }

        public Leaf Split(int kept)
        {
            var upper = new Leaf { Count = Count - kept };
            Array.Copy(Keys, kept, upper.Keys, 0, upper.Count);
            Array.Copy(Entries, kept, upper.Entries, 0, upper.Count);
            RemoveRange(kept, upper.Count);
            return upper;
        }

        public void Append(Leaf other)
        {
            Array.Copy(other.Keys, 0, Keys, Count, other.Count);
            Array.Copy(other.Entries, 0, Entries, Count, other.Count);
            Count += other.Count;
        }

        public void RemoveRange(int index, int count)
        {
            Array.Copy(Keys, index + count, Keys, index, Count - index - count);
            Array.Copy(Entries, index + count, Entries, index, Count - index - count);
            SetCount(Count - count);
        }

        public int RemoveWhere(Predicate<OrderedEntry> isRemoved, Func<bool> isDone)
        {
            var kept = 0;
            for (var i = 0; i < Count; i++)
            {
                if (!isDone() && isRemoved(Entries[i]))
                    continue;
                (Keys[kept], Entries[kept]) = (Keys[i], Entries[i]);
                kept++;
            }

            var removed = Count - kept;
            SetCount(kept);
            return removed;
        }

        private void SetCount(int count)
        {
            Array.Clear(Keys, count, Count - count);
            Array.Clear(Entries, count, Count - count);
            Count = count;
        }
    }
}
