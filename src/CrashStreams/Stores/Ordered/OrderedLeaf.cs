using System.Diagnostics;

namespace CrashStreams.Stores;

/// <summary>
/// Some entries that follow each other. Their keys and values lie in one block of bytes, in the order in which they were written; what is written over is taken out when the block is full. So an entry is no object, and
/// a search touches few lines of memory:
/// <code>
/// heads: 8 bytes of each key, behind what all keys of the leaf begin with     slots: where key and value are     bytes: key · value · key · value · ...
/// </code>
/// </summary>
internal sealed class OrderedLeaf
{
    public const int Capacity = 64;

    private const int LeastBytes = 256;
    private const int MostBytes = 16 * 1024;

    private KeyHeads _heads;
    private OrderedSlots _slots;
    private byte[] _bytes = [];
    private int _used;

    // Bytes in use by keys, values, and values as of the last commit.
    private int _live;
    private int _prefixLength;

    public int Count { get; private set; }

    public OrderedLeaf? Previous { get; set; }

    public OrderedLeaf? Next { get; set; }

    public OrderedBranch Branch { get; set; } = null!;

    public LeafMarks Marks { get; private set; }

    public bool IsFull => Count == Capacity;

    /// <summary>Whether large entries make it costly to move: it is halved before it gets more.</summary>
    public bool IsTooLarge => _live > MostBytes && Count > 1;

    public ref OrderedSlot this[int index] => ref _slots[index];

    public ReadOnlySpan<byte> Key(int index) => _bytes.AsSpan(_slots[index].KeyAt, _slots[index].KeyLength);

    public ReadOnlySpan<byte> Value(int index) => _bytes.AsSpan(_slots[index].ValueAt, _slots[index].ValueLength);

    public void Mark(LeafMarks marks)
    {
        Marks |= marks;
        Branch.Mark(marks);
    }

    public void Unmark(LeafMarks marks) => Marks &= ~marks;

    /// <summary>Whether there is a key, and where it is, or would be.</summary>
    public bool Search(ReadOnlySpan<byte> key, out int index)
    {
        index = 0;
        if (Count == 0)
            return false;
        if (!KeyHead.HasPrefix(key, Key(0)[.._prefixLength], out var order))
        {
            index = order < 0 ? 0 : Count;
            return false;
        }

        var head = KeyHead.Of(key, _prefixLength);
        ReadOnlySpan<ulong> heads = _heads;
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (heads[middle] < head || (heads[middle] == head && Key(middle)[_prefixLength..].SequenceCompareTo(key[_prefixLength..]) < 0))
                low = middle + 1;
            else
                high = middle;
        }

        index = low;
        return low < Count && heads[low] == head && Key(low).SequenceEqual(key);
    }

    /// <summary>Adds an entry without value, with room for one.</summary>
    public void Insert(int index, ReadOnlySpan<byte> key, int valueRoom, BlockPool pool)
    {
        Debug.Assert(!IsFull, "A full leaf is split before.");
        EnsureRoom(key.Length + valueRoom, pool);
        Span<ulong> heads = _heads;
        Span<OrderedSlot> slots = _slots;
        heads[index..Count].CopyTo(heads[(index + 1)..]);
        slots[index..Count].CopyTo(slots[(index + 1)..]);
        slots[index] = new() { KeyAt = _used, KeyLength = key.Length };
        key.CopyTo(_bytes.AsSpan(_used));
        _used += key.Length;
        _live += key.Length;
        Count++;
        // Whoever is between two keys begins as both do.
        if ((index == 0 || index == Count - 1) && (Count == 1 || Key(0).CommonPrefixLength(Key(Count - 1)) < _prefixLength))
            FindHeads();
        else
            heads[index] = KeyHead.Of(key, _prefixLength);
    }

    public void SetValue(int index, ReadOnlySpan<byte> value, BlockPool pool)
    {
        ref var slot = ref _slots[index];
        if (value.Length > slot.ValueLength)
        {
            EnsureRoom(value.Length, pool);
            slot.ValueAt = _used;
            _used += value.Length;
        }

        value.CopyTo(_bytes.AsSpan(slot.ValueAt));
        _live += value.Length - slot.ValueLength;
        slot.ValueLength = value.Length;
    }

    /// <summary>The value stays as that of the last commit; the next one is written beside it.</summary>
    public void KeepCommitted(int index)
    {
        ref var slot = ref _slots[index];
        (slot.CommittedAt, slot.CommittedLength, slot.ValueLength) = (slot.ValueAt, slot.ValueLength, 0);
        slot.State |= EntryState.HasCommitted;
    }

    public void ForgetCommitted(int index)
    {
        ref var slot = ref _slots[index];
        _live -= slot.CommittedLength;
        slot.CommittedLength = 0;
        slot.State &= ~EntryState.HasCommitted;
    }

    /// <summary>The value is again that of the last commit.</summary>
    public void TakeCommitted(int index)
    {
        ref var slot = ref _slots[index];
        _live -= slot.ValueLength;
        (slot.ValueAt, slot.ValueLength, slot.CommittedLength) = (slot.CommittedAt, slot.CommittedLength, 0);
        slot.State &= ~EntryState.HasCommitted;
    }

    public void RemoveRange(int index, int count)
    {
        Span<ulong> heads = _heads;
        Span<OrderedSlot> slots = _slots;
        foreach (ref readonly var slot in slots.Slice(index, count))
            _live -= slot.Size + slot.CommittedLength;
        heads[(index + count)..Count].CopyTo(heads[index..]);
        slots[(index + count)..Count].CopyTo(slots[index..]);
        Truncate(Count - count);
    }

    /// <summary>Takes out what is <see cref="EntryState.Leaving"/>. Answers how many those were.</summary>
    public int RemoveLeaving()
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            ref var slot = ref _slots[i];
            if (slot.Is(EntryState.Leaving))
                _live -= slot.Size + slot.CommittedLength;
            else if (kept++ is var at && at < i)
                (_heads[at], _slots[at]) = (_heads[i], slot);
        }

        var removed = Count - kept;
        Truncate(kept);
        return removed;
    }

    /// <summary>Moves the entries behind the first <paramref name="kept"/> to an empty leaf.</summary>
    public void SplitTo(OrderedLeaf upper, int kept, BlockPool pool)
    {
        // It is about to have as many.
        upper.EnsureRoom(_live, pool);
        upper.Marks = Marks;
        upper.CopyFrom(this, kept);
        foreach (ref readonly var slot in ((Span<OrderedSlot>)_slots)[kept..Count])
            _live -= slot.Size + slot.CommittedLength;
        Truncate(kept);
        FindHeads();
    }

    public bool CanTake(OrderedLeaf next) => Count + next.Count <= Capacity / 2 && _live + next._live <= MostBytes / 2;

    public void Append(OrderedLeaf next, BlockPool pool)
    {
        EnsureRoom(next._live, pool);
        CopyFrom(next, 0);
        Mark(next.Marks);
    }

    /// <summary>Makes it a leaf without entries.</summary>
    public void Reset(BlockPool pool)
    {
        pool.Return(_bytes);
        _bytes = [];
        (_live, Marks, Previous, Next, Branch) = (0, default, null, null, null!);
        Truncate(0);
    }

    private void Truncate(int count)
    {
        Count = count;
        if (count == 0)
            _used = 0;
    }

    // There is room for them.
    private void CopyFrom(OrderedLeaf other, int from)
    {
        for (var i = from; i < other.Count; i++)
        {
            var slot = other[i];
            slot.KeyAt = Take(other._bytes, slot.KeyAt, slot.KeyLength);
            slot.ValueAt = Take(other._bytes, slot.ValueAt, slot.ValueLength);
            slot.CommittedAt = Take(other._bytes, slot.CommittedAt, slot.CommittedLength);
            _live += slot.Size + slot.CommittedLength;
            _slots[Count++] = slot;
        }

        FindHeads();
    }

    private void FindHeads()
    {
        if (Count == 0)
            return;
        _prefixLength = Key(0).CommonPrefixLength(Key(Count - 1));
        for (var i = 0; i < Count; i++)
            _heads[i] = KeyHead.Of(Key(i), _prefixLength);
    }

    private void EnsureRoom(int bytes, BlockPool pool)
    {
        if (_bytes.Length - _used >= bytes)
            return;
        var full = _bytes;
        _bytes = pool.Rent(Math.Max(LeastBytes, (_live + bytes) * 5 / 4));
        _used = 0;
        foreach (ref var slot in ((Span<OrderedSlot>)_slots)[..Count])
        {
            slot.KeyAt = Take(full, slot.KeyAt, slot.KeyLength);
            slot.ValueAt = Take(full, slot.ValueAt, slot.ValueLength);
            slot.CommittedAt = Take(full, slot.CommittedAt, slot.CommittedLength);
        }

        pool.Return(full);
    }

    private int Take(byte[] from, int at, int length)
    {
        from.AsSpan(at, length).CopyTo(_bytes.AsSpan(_used));
        _used += length;
        return _used - length;
    }
}

/// <summary>What a walk over a store's entries looks for. A mark that is not there means that there is no such entry; one that is there, that there may be.</summary>
[Flags]
internal enum LeafMarks : byte
{
    None = 0,
    Dirty = 1,

    /// <summary>Removals that are written, and hide what the engine has.</summary>
    Tombstones = 2,
}
