using System.Collections;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Different users: a table of strings with open addressing, a third of what a <see cref="HashSet{T}"/> takes. There are millions of entries of such sets, and none is ever removed.</summary>
internal sealed class UserSet : IEnumerable<string>
{
    private const int FirstSlots = 4;

    private string?[] _slots = new string?[FirstSlots];

    public int Count { get; private set; }

    /// <summary>Adds a user; false when it is there.</summary>
    public bool Add(string user)
    {
        ref var slot = ref SlotOf(_slots, user);
        if (slot is not null)
            return false;
        slot = user;
        Count++;
        // Three quarters full at most.
        if (4 * Count > 3 * _slots.Length)
            Grow();
        return true;
    }

    public void UnionWith(IEnumerable<string> users)
    {
        foreach (var user in users)
            Add(user);
    }

    public IEnumerator<string> GetEnumerator()
    {
        foreach (var slot in _slots)
        {
            if (slot is not null)
                yield return slot;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Grow()
    {
        var larger = new string?[2 * _slots.Length];
        foreach (var slot in _slots)
        {
            if (slot is not null)
                SlotOf(larger, slot) = slot;
        }

        _slots = larger;
    }

    private static ref string? SlotOf(string?[] slots, string user)
    {
        var mask = slots.Length - 1;
        for (var i = user.GetHashCode(StringComparison.Ordinal) & mask; ; i = (i + 1) & mask)
        {
            ref var slot = ref slots[i];
            if (slot is null || ReferenceEquals(slot, user) || string.Equals(slot, user, StringComparison.Ordinal))
                return ref slot;
        }
    }
}
