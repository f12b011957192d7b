using System.Buffers.Binary;

namespace CrashStreams.RocksDb;

/// <summary>
/// Orders changes by key, those of one key as they came. Four bytes of each key, behind what all of them begin with, are sorted as numbers, without a look at
/// the keys; what is equal in them is sorted by the next four.
/// <code>
/// a change, as it is sorted: part of its key: 32 bits | its place among the bytes: 32 bits
/// </code>
/// </summary>
/// <param name="bytes">Where the changes lie.</param>
internal readonly unsafe struct RunOrder(byte* bytes) : IComparer<ulong>
{
    private const int PartLength = sizeof(uint);
    private const int PlaceBits = 32;

    // Comparing so few keys whole costs less than taking them apart.
    private const int Few = 24;

    // From so many on, distributing them three times by 11 bits costs less than comparing them.
    private const int Many = 2000;
    private const int DigitBits = 11;

    private readonly byte* _bytes = bytes;

    /// <summary>Sorts changes.</summary>
    /// <param name="changes">Their places, as they came.</param>
    /// <param name="room">As much room.</param>
    public void Sort(Span<ulong> changes, Span<ulong> room) => Sort(changes, room, 0);

    public ReadOnlySpan<byte> Key(ulong change) => StoreChange.At(_bytes + (uint)change).KeySpan;

    public int Compare(ulong x, ulong y)
    {
        var order = Key(x).SequenceCompareTo(Key(y));
        return order != 0 ? order : ((uint)x).CompareTo((uint)y);
    }

    // All keys are at least so long, and equal so far.
    private void Sort(Span<ulong> changes, Span<ulong> room, int equal)
    {
        if (changes.Length <= Few)
        {
            changes.Sort(this);
            return;
        }

        equal = CommonLength(changes, equal);
        foreach (ref var change in changes)
            change = ((ulong)Part(Key(change)[equal..]) << PlaceBits) | (uint)change;
        if (changes.Length >= Many)
            Distribute(changes, room);
        else
            changes.Sort();
        for (var first = 0; first < changes.Length;)
        {
            var last = first;
            while (last + 1 < changes.Length && changes[last + 1] >> PlaceBits == changes[first] >> PlaceBits)
                last++;
            if (last > first)
                SortEqual(changes[first..(last + 1)], room, equal + PartLength);
            first = last + 1;
        }
    }

    private void SortEqual(Span<ulong> changes, Span<ulong> room, int equal)
    {
        // A key that has ended and one that goes on with zeros have the same part.
        foreach (var change in changes)
        {
            if (Key(change).Length < equal)
            {
                changes.Sort(this);
                return;
            }
        }

        Sort(changes, room, equal);
    }

    // Digit by digit, the least significant first; what is equal in one stays in its order.
    private static void Distribute(Span<ulong> changes, Span<ulong> room)
    {
        Span<int> next = stackalloc int[1 << DigitBits];
        var from = changes;
        var to = room[..changes.Length];
        for (var shift = PlaceBits; shift < 2 * PlaceBits; shift += DigitBits)
        {
            next.Clear();
            foreach (var change in from)
                next[Digit(change, shift)]++;
            var sum = 0;
            foreach (ref var place in next)
                (place, sum) = (sum, sum + place);
            foreach (var change in from)
                to[next[Digit(change, shift)]++] = change;
            var sorted = to;
            to = from;
            from = sorted;
        }

        // Three times: they are in the room now.
        from.CopyTo(changes);
    }

    private static int Digit(ulong change, int shift) => (int)(change >> shift) & ((1 << DigitBits) - 1);

    private int CommonLength(ReadOnlySpan<ulong> changes, int equal)
    {
        var common = Key(changes[0]);
        foreach (var change in changes[1..])
        {
            var key = Key(change);
            // Where nothing more is in common, which is soon known, one byte decides.
            if (common.Length == equal)
                break;
            common = common[..(equal + common[equal..].CommonPrefixLength(key[equal..]))];
        }

        return common.Length;
    }

    private static uint Part(ReadOnlySpan<byte> key)
    {
        if (key.Length >= PartLength)
            return BinaryPrimitives.ReadUInt32BigEndian(key);
        var part = 0U;
        foreach (var b in key)
            part = (part << 8) | b;
        return key.Length == 0 ? 0 : part << (8 * (PartLength - key.Length));
    }
}
