using System.Numerics;

namespace CrashStreams.Stores;

/// <summary>
/// Leaves and their blocks that were given back: a few of them, so that a store whose entries come and go allocates nothing. Used by one store. A block that was given back keeps its content until another one is asked for:
/// who puts what was read from a store may do so.
/// </summary>
internal sealed class BlockPool
{
    private const int MostSpares = 16;
    private const int LargestSpare = 32 * 1024;

    private readonly List<byte[]> _blocks = [];
    private readonly Stack<OrderedLeaf> _leaves = [];

    /// <summary>A block with at least so many bytes, of any content.</summary>
    public byte[] Rent(int bytes)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)bytes);
        for (var i = _blocks.Count - 1; i >= 0; i--)
        {
            var block = _blocks[i];
            if (block.Length != size)
                continue;
            _blocks.RemoveAt(i);
            return block;
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }

    public void Return(byte[] block)
    {
        if (block.Length is 0 or > LargestSpare)
            return;
        // The oldest goes: sizes change as a store does.
        if (_blocks.Count == MostSpares)
            _blocks.RemoveAt(0);
        _blocks.Add(block);
    }

    public OrderedLeaf RentLeaf() => _leaves.TryPop(out var leaf) ? leaf : new();

    public void Return(OrderedLeaf leaf)
    {
        leaf.Reset(this);
        if (_leaves.Count < MostSpares)
            _leaves.Push(leaf);
    }
}
