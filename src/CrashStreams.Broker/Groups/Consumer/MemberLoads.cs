namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>How many partitions each member has while they are being shared out, and who of those that subscribe to the same has the fewest.</summary>
internal sealed class MemberLoads(int members)
{
    private readonly int[] _loads = new int[members];
    private readonly Dictionary<string, SubscriberLoads> _among = []; // by the members
    private readonly List<SubscriberLoads>[] _ofMember = [.. Enumerable.Range(0, members).Select(_ => new List<SubscriberLoads>())];

    public int this[int member] => _loads[member];

    public void Increase(int member) => _loads[member]++;

    public void Decrease(int member)
    {
        _loads[member]--;
        foreach (var subscribers in _ofMember[member])
            subscribers.HasDecreased(member);
    }

    /// <summary>The loads of some members, in the order of their numbers. Topics with the same subscribers share them.</summary>
    public SubscriberLoads Among(List<int> subscribers)
    {
        var key = string.Join(',', subscribers);
        if (_among.TryGetValue(key, out var known))
            return known;
        var among = new SubscriberLoads(this, [.. subscribers]);
        foreach (var member in subscribers)
            _ofMember[member].Add(among);
        return _among[key] = among;
    }
}

/// <summary>Finds the member with the fewest partitions among those that subscribe to a topic, without looking at all of them.</summary>
internal sealed class SubscriberLoads
{
    private readonly MemberLoads _loads;
    private readonly int[] _members;

    /// <summary>Each member is in it with its load or a smaller one, which it had before; further entries of it are outdated.</summary>
    private readonly PriorityQueue<int, (int Load, int Member)> _queue;

    public SubscriberLoads(MemberLoads loads, int[] members)
    {
        (_loads, _members) = (loads, members);
        _queue = new(members.Select(member => (member, (loads[member], member))));
    }

    public bool Contains(int member) => Array.BinarySearch(_members, member) >= 0;

    /// <summary>The first of those that have least.</summary>
    public int Emptiest()
    {
        while (true)
        {
            _queue.TryPeek(out var member, out var seen);
            if (seen.Load == _loads[member])
                return member;
            _queue.Dequeue();
            if (seen.Load < _loads[member])
                _queue.Enqueue(member, (_loads[member], member));
        }
    }

    public void HasDecreased(int member) => _queue.Enqueue(member, (_loads[member], member));
}
