using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>One life of a consumer in the group.</summary>
internal sealed class SimulatedMember(int id, IReadOnlyCollection<string> topics, Func<bool> isBeating)
{
    public int Id => id;

    public IReadOnlyCollection<string> Topics => topics;

    /// <summary>Whether its process runs, so that its heartbeats arrive.</summary>
    public bool IsBeating => isBeating();

    public long LastHeartbeatMs { get; set; }

    /// <summary>Whether the group has gone on without it.</summary>
    public bool IsGone { get; set; }

    public int Epoch { get; set; }

    /// <summary>The epoch in which it has got all that is meant for it.</summary>
    public int SettledEpoch { get; set; } = -1;

    public SortedSet<TopicPartition> Owned { get; } = [];

    public SortedSet<TopicPartition> Target { get; set; } = [];
}

/// <summary>
/// The group coordinator: range assignment over the members in the order of their ids; a partition goes to its new owner when the old one has let
/// go of it or has lost its session. Incremental (only what moves is revoked) or eager (everybody lets go of everything first).
/// </summary>
internal sealed class SimulatedGroup(SimulatedCluster cluster, long sessionTimeoutMs, bool isEager)
{
    private readonly List<SimulatedMember> _members = [];
    private readonly Dictionary<TopicPartition, OffsetAndMetadata> _committed = [];
    private int _epoch;

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> CommittedOffsets => _committed;

    /// <summary>Rebalances so far.</summary>
    public int Epoch => _epoch;

    /// <summary>Whether everybody has what is meant for him.</summary>
    public bool IsBalanced => _members.TrueForAll(IsSettled);

    /// <param name="id">Decides the member's place in the assignment.</param>
    /// <param name="topics">What it reads.</param>
    /// <param name="isBeating">Whether its process runs.</param>
    public SimulatedMember Join(int id, IReadOnlyCollection<string> topics, Func<bool> isBeating)
    {
        var member = new SimulatedMember(id, topics, isBeating) { LastHeartbeatMs = cluster.NowMs };
        _members.Add(member);
        _members.Sort((a, b) => a.Id.CompareTo(b.Id));
        Rebalance();
        return member;
    }

    public void Leave(SimulatedMember member)
    {
        if (member.IsGone)
            return;
        member.IsGone = true;
        _members.Remove(member);
        Rebalance();
    }

    public void Tick()
    {
        // In every step of a run: without LINQ.
        var (now, silent) = (cluster.NowMs, 0);
        foreach (var member in _members)
        {
            if (member.IsBeating)
                member.LastHeartbeatMs = now;
            else if (now - member.LastHeartbeatMs >= sessionTimeoutMs)
                silent++;
        }

        if (silent > 0)
            Expire(now);
    }

    private void Expire(long now)
    {
        foreach (var member in _members.Where(m => now - m.LastHeartbeatMs >= sessionTimeoutMs).ToList())
        {
            cluster.Trace.Add(now, -1, "session expired", member.Id);
            Leave(member);
        }
    }

    /// <summary>Whether there is nothing to let go of and nothing to take before the next rebalance.</summary>
    public bool IsSettled(SimulatedMember member) => member.SettledEpoch == _epoch;

    /// <summary>What a member has to let go of now.</summary>
    public List<TopicPartition> ToRevoke(SimulatedMember member) =>
        (isEager && member.Epoch != _epoch ? member.Owned : member.Owned.Where(p => !member.Target.Contains(p))).ToList();

    public void Released(SimulatedMember member, IEnumerable<TopicPartition> partitions)
    {
        member.Owned.ExceptWith(partitions);
        member.Epoch = _epoch;
    }

    /// <summary>Gives a member what is meant for it and free.</summary>
    public List<TopicPartition> Take(SimulatedMember member, Func<List<TopicPartition>, List<TopicPartition>> choose)
    {
        member.Epoch = _epoch;
        if (isEager && _members.Any(m => m.Epoch != _epoch))
            return [];
        var free = choose(member.Target.Where(p => _members.All(m => !m.Owned.Contains(p))).ToList());
        member.Owned.UnionWith(free);
        if (member.Owned.SetEquals(member.Target))
            member.SettledEpoch = _epoch;
        return free;
    }

    /// <summary>Whether nobody is in the group: then a client that is no member may commit, as tools do.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <param name="member">Who commits.</param>
    /// <param name="hasHeard">Whether it knows of the group's last epoch; a commit under an older one is refused though the member stays.</param>
    /// <exception cref="LogException">The member's session has ended, or its epoch is old.</exception>
    public void Validate(SimulatedMember? member, bool hasHeard)
    {
        if (!hasHeard && member is not null && member.Epoch != _epoch && !cluster.IgnoresFencing)
            throw new LogException("The member's epoch is old.") { IsFenced = true };
        if (member is null or { IsGone: true } && !cluster.IgnoresFencing)
            throw new LogException("The member is not known to the group any more.") { IsFenced = true };
    }

    /// <summary>Committed offsets expire, or are deleted.</summary>
    public void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _committed.Remove(partition);
    }

    public void Store(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        foreach (var (partition, offset) in offsets)
            _committed[partition] = offset;
    }

    private void Rebalance()
    {
        _epoch++;
        foreach (var member in _members)
            member.Target = [];
        foreach (var topic in _members.SelectMany(m => m.Topics).Distinct().Order(StringComparer.Ordinal))
        {
            var count = cluster.PartitionCount(topic)!.Value;
            for (var (i, next) = (0, 0); i < _members.Count; i++)
            {
                var share = (count / _members.Count) + (i < count % _members.Count ? 1 : 0);
                for (; share > 0; share--)
                    _members[i].Target.Add(new(topic, next++));
            }
        }
    }
}
