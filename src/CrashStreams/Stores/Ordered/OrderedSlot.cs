using System.Runtime.CompilerServices;

namespace CrashStreams.Stores;

/// <summary>Where the bytes of an entry lie in its leaf, and what is known of it.</summary>
internal struct OrderedSlot
{
    /// <summary>The event time that the changelog records with the entry, milliseconds.</summary>
    public long Timestamp;
    public int KeyAt;
    public int KeyLength;
    public int ValueAt;
    public int ValueLength;
    public int CommittedAt;
    public int CommittedLength;
    public EntryState State;

    public readonly bool IsPresent => Is(EntryState.Present);

    public readonly bool IsDirty => Is(EntryState.Dirty);

    /// <summary>Serialized size, bytes.</summary>
    public readonly int Size => KeyLength + ValueLength;

    public readonly bool Is(EntryState all) => (State & all) == all;
}

[InlineArray(OrderedLeaf.Capacity)]
internal struct OrderedSlots
{
    private OrderedSlot _first;
}

[InlineArray(OrderedLeaf.Capacity)]
internal struct KeyHeads
{
    private ulong _first;
}
