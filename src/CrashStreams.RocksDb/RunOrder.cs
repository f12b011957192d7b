using System.Buffers.Binary;

namespace CrashStreams.RocksDb;

/// <summary>
/// Orders changes by key, those of one key as they came. Eight bytes of each key, behind what all of them begin with, are sorted as numbers, without a look at
/// the keys; what is equal in them is sorted by the next eight.
/// </summary>
/// <param name="bytes">Where the changes lie.</param>
internal readonly unsafe struct RunOrder(byte* bytes) : IComparer<int>
{
    private const int PartLength = sizeof(ulong);

    // Comparing so few keys whole costs less than taking them apart.
    private const int Few = 24;

    private readonly byte* _bytes = bytes;

    /// <summary>Sorts the places of changes.</summary>
    /// <param name="starts">The places.</param>
    /// <param name="parts">As much room for parts of their keys.</param>
    public void Sort(Span<int> starts, Span<ulong> parts) => Sort(starts, parts, 0);

    public ReadOnlySpan<byte> Key(int start) => StoreChange.At(_bytes + start).KeySpan;

    public int Compare(int x, int y)
    {
        var order = Key(x).SequenceCompareTo(Key(y));
        return order != 0 ? order : x.CompareTo(y);
    }

    // All keys are at least so long, and equal so far.
    private void Sort(Span<int> starts, Span<ulong> parts, int equal)
    {
        if (starts.Length <= Few)
        {
            starts.Sort(this);
            return;
        }

        equal = CommonLength(starts, equal);
        for (var i = 0; i < starts.Length; i++)
            parts[i] = Part(Key(starts[i])[equal..]);
        parts.Sort(starts);
        for (var first = 0; first < starts.Length;)
        {
            var last = first;
            while (last + 1 < starts.Length && parts[last + 1] == parts[first])
                last++;
            if (last > first)
                SortEqual(starts[first..(last + 1)], parts[first..(last + 1)], equal + PartLength);
            first = last + 1;
        }
    }

    private void SortEqual(Span<int> starts, Span<ulong> parts, int equal)
    {
        // A key that has ended and one that goes on with zeros have the same part.
        foreach (var start in starts)
        {
            if (Key(start).Length < equal)
            {
                starts.Sort(this);
                return;
            }
        }

        Sort(starts, parts, equal);
    }

    private int CommonLength(ReadOnlySpan<int> starts, int equal)
    {
        var common = Key(starts[0]);
        foreach (var start in starts[1..])
        {
            var key = Key(start);
            // Where nothing more is in common, which is soon known, one byte decides.
            if (common.Length == equal)
                break;
            common = common[..(equal + common[equal..].CommonPrefixLength(key[equal..]))];
        }

        return common.Length;
    }

    private static ulong Part(ReadOnlySpan<byte> key)
    {
        if (key.Length >= PartLength)
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        var part = 0UL;
        foreach (var b in key)
            part = (part << 8) | b;
        return key.Length == 0 ? 0 : part << (8 * (PartLength - key.Length));
    }
}
