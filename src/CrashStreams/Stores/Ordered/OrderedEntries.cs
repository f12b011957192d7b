namespace CrashStreams.Stores;

/// <summary>
/// Entries in the order of their keys' bytes: branches of leaves of at most <see cref="OrderedLeaf.Capacity"/> entries each. Finding a key is three binary searches, of which the first is short and in the processor's cache;
/// inserting moves part of a leaf.
/// </summary>
internal sealed class OrderedEntries
{
    private readonly BlockPool _pool = new();
    private OrderedBranch[] _branches = new OrderedBranch[4];
    private int _branchCount;

    // What an operator does with one key comes to one leaf, as a rule.
    private OrderedLeaf? _last;

    public int Count { get; private set; }

    /// <summary>Changes whenever entries are added or removed: a <see cref="Position"/> of another version must be found again.</summary>
    public int Version { get; private set; }

    public bool TryFind(ReadOnlySpan<byte> key, out Position at) => Locate(key, out at);

    /// <summary>The entry of a key, added when there is none.</summary>
    /// <param name="key">The key; copied.</param>
    /// <param name="valueRoom">Bytes of the value that is about to be set.</param>
    /// <param name="existed">Whether there was one.</param>
    public Position GetOrAdd(ReadOnlySpan<byte> key, int valueRoom, out bool existed)
    {
        if (_branchCount == 0)
            InsertBranch(0, new([])).Insert(0, _pool.RentLeaf(), []);
        existed = Locate(key, out var at);
        if (at.Leaf!.IsTooLarge)
        {
            Split(at.Leaf, at.Leaf.Count / 2, default);
            existed = Locate(key, out at);
        }

        if (existed)
            return at;
        var (leaf, index) = (at.Leaf!, at.Index);
        if (leaf.IsFull)
        {
            // What comes in order, as entries by time do, fills its leaves.
            var kept = index == leaf.Count ? leaf.Count : leaf.Count / 2;
            var upper = Split(leaf, kept, key);
            // One that falls between both halves is below the upper one's bound.
            if (index > kept || kept == OrderedLeaf.Capacity)
                (leaf, index) = (upper, index - kept);
        }

        leaf.Insert(index, key, valueRoom, _pool);
        Count++;
        Version++;
        _last = leaf;
        return new(leaf, index);
    }

    public void SetValue(Position at, ReadOnlySpan<byte> value) => at.Leaf!.SetValue(at.Index, value, _pool);

    public void Remove(ReadOnlySpan<byte> key)
    {
        if (TryFind(key, out var at))
            Remove(at);
    }

    public void Remove(Position at)
    {
        var leaf = at.Leaf!;
        leaf.RemoveRange(at.Index, 1);
        Count--;
        Version++;
        if (leaf.Count == 0)
            Remove(leaf);
        else if (IsSmall(leaf) && leaf.Next is { } next && next.Branch == leaf.Branch && leaf.CanTake(next))
            Merge(leaf, next);
    }

    /// <summary>Removes the entries from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive), each shown to <paramref name="removed"/> before.</summary>
    public void RemoveRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Action<OrderedLeaf, int> removed)
    {
        for (var at = LowerBound(from); TryGet(ref at);)
        {
            var leaf = at.Leaf!;
            leaf.Search(to, out var end);
            if (end <= at.Index)
                return;
            for (var i = at.Index; i < end; i++)
                removed(leaf, i);
            var isLast = end < leaf.Count;
            var next = leaf.Next;
            leaf.RemoveRange(at.Index, end - at.Index);
            Count -= end - at.Index;
            Version++;
            if (leaf.Count == 0)
                Remove(leaf);
            if (isLast)
                return;
            at = new(next, 0);
        }
    }

    /// <summary>
    /// Shows the leaves with a mark in order, or all, until all have been seen or <paramref name="isDone"/>. The mark is taken off, and may be put on again. Entries that are <see cref="EntryState.Leaving"/> then are removed.
    /// </summary>
    public void Walk(LeafMarks mark, Action<OrderedLeaf> visit, Func<bool>? isDone = null)
    {
        for (var i = 0; i < _branchCount;)
        {
            var branch = _branches[i];
            if (mark == LeafMarks.None || (branch.Marks & mark) != 0)
                Walk(branch, mark, visit, isDone);
            if (isDone is not null && isDone())
                return;
            if (i < _branchCount && _branches[i] == branch)
                i++;
        }
    }

    /// <summary>The place of the first entry that is not below a key.</summary>
    public Position LowerBound(ReadOnlySpan<byte> key)
    {
        Locate(key, out var at);
        return at;
    }

    /// <summary>Behind the last entry.</summary>
    public Position End
    {
        get
        {
            if (_branchCount == 0)
                return default;
            var branch = _branches[_branchCount - 1];
            var leaf = branch[branch.Count - 1];
            return new(leaf, leaf.Count);
        }
    }

    /// <summary>Whether an entry is at a place; one behind a leaf's end is moved to the next leaf. False behind the last.</summary>
    public static bool TryGet(ref Position at)
    {
        while (at.Leaf is { } leaf)
        {
            if (at.Index < leaf.Count)
                return true;
            at = new(leaf.Next, 0);
        }

        return false;
    }

    /// <summary>Whether an entry is before a place, which is moved there. False before the first.</summary>
    public static bool TryGetBefore(ref Position at)
    {
        while (at.Leaf is { } leaf)
        {
            if (at.Index > 0)
            {
                at = new(leaf, at.Index - 1);
                return true;
            }

            at = new(leaf.Previous, leaf.Previous?.Count ?? 0);
        }

        return false;
    }

    private void Walk(OrderedBranch branch, LeafMarks mark, Action<OrderedLeaf> visit, Func<bool>? isDone)
    {
        branch.Unmark(mark);
        for (var i = 0; i < branch.Count;)
        {
            var leaf = branch[i];
            if (mark != LeafMarks.None && (leaf.Marks & mark) == 0)
            {
                i++;
                continue;
            }

            leaf.Unmark(mark);
            visit(leaf);
            if (leaf.RemoveLeaving() is var removed and > 0)
            {
                Count -= removed;
                Version++;
                if (leaf.Count == 0)
                    Remove(leaf);
                // Into one that has been seen.
                else if (i > 0 && IsSmall(leaf) && branch[i - 1].CanTake(leaf))
                    Merge(branch[i - 1], leaf);
            }

            if (isDone is not null && isDone())
                return;
            if (i < branch.Count && branch[i] == leaf)
                i++;
        }
    }

    private bool Locate(ReadOnlySpan<byte> key, out Position at)
    {
        if (_branchCount == 0)
        {
            at = default;
            return false;
        }

        bool isFound;
        int index;
        if (_last is { } last)
        {
            isFound = last.Search(key, out index);
            if (isFound || (index == 0 ? last.Previous is null : index < last.Count || last.Next is null))
            {
                at = new(last, index);
                return isFound;
            }
        }

        _last = BranchOf(key).LeafOf(key);
        isFound = _last.Search(key, out index);
        at = new(_last, index);
        return isFound;
    }

    // The last one whose bound is not above the key.
    private OrderedBranch BranchOf(ReadOnlySpan<byte> key)
    {
        var (low, high) = (1, _branchCount);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_branches[middle].Bound.AsSpan().SequenceCompareTo(key) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return _branches[low - 1];
    }

    // With none kept aside, the new leaf begins with the key that is about to come.
    private OrderedLeaf Split(OrderedLeaf leaf, int kept, ReadOnlySpan<byte> key)
    {
        var upper = _pool.RentLeaf();
        leaf.SplitTo(upper, kept, _pool);
        (upper.Previous, upper.Next) = (leaf, leaf.Next);
        leaf.Next?.Previous = upper;
        leaf.Next = upper;
        var branch = leaf.Branch;
        if (branch.Count == OrderedBranch.Capacity)
        {
            var isAppended = branch.IndexOf(leaf) == branch.Count - 1;
            InsertBranch(Array.IndexOf(_branches, branch, 0, _branchCount) + 1, branch.Split(isAppended ? branch.Count - 1 : branch.Count / 2));
            branch = leaf.Branch;
        }

        branch.Insert(branch.IndexOf(leaf) + 1, upper, upper.Count == 0 ? key.ToArray() : upper.Key(0).ToArray());
        return upper;
    }

    private static bool IsSmall(OrderedLeaf leaf) => leaf.Count <= OrderedLeaf.Capacity / 8;

    private void Merge(OrderedLeaf leaf, OrderedLeaf next)
    {
        leaf.Append(next, _pool);
        Remove(next);
    }

    private void Remove(OrderedLeaf leaf)
    {
        var branch = leaf.Branch;
        branch.RemoveAt(branch.IndexOf(leaf));
        leaf.Previous?.Next = leaf.Next;
        leaf.Next?.Previous = leaf.Previous;
        if (_last == leaf)
            _last = null;
        _pool.Return(leaf);
        if (branch.Count > 0)
            return;
        var at = Array.IndexOf(_branches, branch, 0, _branchCount);
        _branchCount--;
        Array.Copy(_branches, at + 1, _branches, at, _branchCount - at);
        _branches[_branchCount] = null!;
    }

    private OrderedBranch InsertBranch(int at, OrderedBranch branch)
    {
        if (_branchCount == _branches.Length)
            Array.Resize(ref _branches, _branchCount * 2);
        Array.Copy(_branches, at, _branches, at + 1, _branchCount - at);
        _branches[at] = branch;
        _branchCount++;
        return branch;
    }

    /// <summary>Where an entry is, or where one would be; without leaf: behind the last.</summary>
    public readonly record struct Position(OrderedLeaf? Leaf, int Index);
}
