namespace CrashStreams.Stores;

/// <summary>Leaves that follow each other, found by bounds: each leaf holds keys that are not below its bound. That of the first leaf is not looked at.</summary>
/// <param name="bound">No key of the branch is below; not looked at in the first branch.</param>
internal sealed class OrderedBranch(byte[] bound)
{
    public const int Capacity = 128;

    private readonly OrderedLeaf[] _leaves = new OrderedLeaf[Capacity];
    private readonly byte[][] _bounds = new byte[Capacity][];
    private readonly ulong[] _heads = new ulong[Capacity];
    private int _prefixLength;

    public byte[] Bound => bound;

    public int Count { get; private set; }

    public LeafMarks Marks { get; private set; }

    public OrderedLeaf this[int index] => _leaves[index];

    public void Mark(LeafMarks marks) => Marks |= marks;

    public void Unmark(LeafMarks marks) => Marks &= ~marks;

    /// <summary>The leaf that a key belongs to: the last one whose bound is not above it.</summary>
    public OrderedLeaf LeafOf(ReadOnlySpan<byte> key)
    {
        if (Count == 1)
            return _leaves[0];
        if (!KeyHead.HasPrefix(key, _bounds[1].AsSpan(0, _prefixLength), out var order))
            return _leaves[order < 0 ? 0 : Count - 1];
        var head = KeyHead.Of(key, _prefixLength);
        var (low, high) = (1, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_heads[middle] < head || (_heads[middle] == head && _bounds[middle].AsSpan(_prefixLength).SequenceCompareTo(key[_prefixLength..]) <= 0))
                low = middle + 1;
            else
                high = middle;
        }

        return _leaves[low - 1];
    }

    public int IndexOf(OrderedLeaf leaf) => Array.IndexOf(_leaves, leaf, 0, Count);

    public void Insert(int at, OrderedLeaf leaf, byte[] leafBound)
    {
        Array.Copy(_leaves, at, _leaves, at + 1, Count - at);
        Array.Copy(_bounds, at, _bounds, at + 1, Count - at);
        (_leaves[at], _bounds[at]) = (leaf, leafBound);
        Count++;
        leaf.Branch = this;
        Mark(leaf.Marks);
        FindHeads();
    }

    public void RemoveAt(int at)
    {
        Count--;
        Array.Copy(_leaves, at + 1, _leaves, at, Count - at);
        Array.Copy(_bounds, at + 1, _bounds, at, Count - at);
        Array.Copy(_heads, at + 1, _heads, at, Count - at);
        (_leaves[Count], _bounds[Count]) = (null!, null!);
    }

    /// <summary>Moves the leaves from a place on to a new branch.</summary>
    public OrderedBranch Split(int kept)
    {
        var upper = new OrderedBranch(_bounds[kept]) { Count = Count - kept, Marks = Marks };
        Array.Copy(_leaves, kept, upper._leaves, 0, upper.Count);
        Array.Copy(_bounds, kept, upper._bounds, 0, upper.Count);
        foreach (var leaf in upper._leaves.AsSpan(0, upper.Count))
            leaf.Branch = upper;
        Array.Clear(_leaves, kept, upper.Count);
        Array.Clear(_bounds, kept, upper.Count);
        Count = kept;
        FindHeads();
        upper.FindHeads();
        return upper;
    }

    private void FindHeads()
    {
        if (Count == 1)
            return;
        _prefixLength = _bounds[1].AsSpan().CommonPrefixLength(_bounds[Count - 1]);
        for (var i = 1; i < Count; i++)
            _heads[i] = KeyHead.Of(_bounds[i], _prefixLength);
    }
}
