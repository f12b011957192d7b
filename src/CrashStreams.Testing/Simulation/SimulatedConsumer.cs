using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// Reads the simulated log. Each poll serves some of the partitions, in any order, and what it knows of a partition's end is as old as the last
/// time that it was served.
/// </summary>
internal sealed class SimulatedConsumer(SimulatedCluster cluster, PortFaults faults, bool readCommitted, SimulationPlan plan) : ILogConsumer
{
    // A broker answers a fetch within fetch.max.wait.ms (500 ms) even if there is nothing: no partition starves.
    private const int MaxPollsUnserved = 8;
    private const int QuietPollsUnserved = 1;
    private const int QuietPollRecords = 500;

    private readonly SimulatedBatch _batch = new();
    private readonly SortedList<TopicPartition, Fetch> _fetches = [];
    private ulong[] _turns = [];
    private Fetch[] _inTurn = [];
    private IReadOnlyCollection<string> _subscription = [];
    private IAssignmentListener? _listener;
    private SimulatedMember? _member;

    public object GroupIdentity => new SimulatedGroupIdentity(_member);

    public void Subscribe(IReadOnlyCollection<string> topics, IAssignmentListener listener)
    {
        faults.Before("subscribe", mayFail: false);
        _subscription = topics;
        _listener = listener;
    }

    public void Assign(IReadOnlyDictionary<TopicPartition, long> offsets)
    {
        faults.Before("assign", mayFail: false);
        _fetches.Clear();
        foreach (var (partition, offset) in offsets)
            _fetches[partition] = new(partition, offset);
    }

    public LogBatch Poll(TimeSpan maxWait)
    {
        faults.Before(_listener is null ? "restore poll" : "poll", mayFail: false);
        _batch.Clear();
        if (_listener is not null)
            ServeGroup(_listener);
        var random = faults.Random;
        var (mostUnserved, mostRecords) = faults.IsChaotic ? (MaxPollsUnserved, plan.MaxPollRecords) : (QuietPollsUnserved, QuietPollRecords);
        // In any order: most of a run is spent here, so without LINQ.
        var count = _fetches.Count;
        Resize();
        for (var i = 0; i < count; i++)
        {
            _turns[i] = random.Next();
            _inTurn[i] = _fetches.GetValueAtIndex(i);
        }

        Array.Sort(_turns, _inTurn, 0, count);
        for (var i = 0; i < count; i++)
        {
            var fetch = _inTurn[i];
            if (fetch.IsPaused || (++fetch.Unserved <= mostUnserved && random.Chance(fetch.Slowness)))
                continue;
            var most = fetch.Partition == plan.SlowPartition ? Math.Max(1, mostRecords / 10) : mostRecords;
            Read(fetch, Math.Min(mostRecords - _batch.Count, random.Between(1, most)));
        }

        return _batch;
    }

    public void Wake()
    {
        // A poll never waits.
    }

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _fetches[partition].IsPaused = true;
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _fetches[partition].IsPaused = false;
    }

    public void Seek(TopicPartition partition, long offset) => _fetches[partition].Position = offset;

    public long EndOffset(TopicPartition partition) => _fetches.TryGetValue(partition, out var fetch) ? fetch.HeardEnd : -1;

    public long Position(TopicPartition partition) => _fetches.TryGetValue(partition, out var fetch) ? fetch.Position : -1;

    public IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed(IReadOnlyCollection<TopicPartition> partitions)
    {
        faults.Before("committed");
        if (readCommitted && cluster.Transactions.Open.Any(t => partitions.Any(t.Offsets.ContainsKey)))
            throw new LogException("An open transaction holds offsets of these partitions (UNSTABLE_OFFSET_COMMIT).") { IsRetriable = true };
        var committed = cluster.Group.CommittedOffsets;
        return partitions.Where(committed.ContainsKey).ToDictionary(p => p, p => committed[p]);
    }

    public void Commit(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        faults.Before("commit");
        if (_listener is not null || !cluster.Group.IsEmpty)
            cluster.Group.Validate(_member, hasHeard: !faults.MissesEpoch());
        cluster.Group.Store(offsets);
        cluster.Trace.Add(cluster.NowMs, faults.Instance, "committed", offsets.Count, offsets.Values.Sum(o => o.Offset));
        faults.After("commit");
    }

    public void Dispose()
    {
        if (!faults.IsDead && _member is not null)
            cluster.Group.Leave(_member);
    }

    private void ServeGroup(IAssignmentListener listener)
    {
        // The first polls after a sleep may still bring what was fetched before it.
        if (_member is { IsGone: true } && faults.IsChaotic && faults.Random.Chance(0.3))
            return;
        if (_member is { IsGone: true })
        {
            _member = null;
            var lost = _fetches.Keys.ToList();
            _fetches.Clear();
            Log("lost", lost);
            if (lost.Count > 0)
                listener.Lost(lost);
        }

        _member ??= cluster.Group.Join(faults.Random.Below(1000), _subscription, () => faults.IsBeating);
        if (cluster.Group.IsSettled(_member))
            return;
        var revoked = SomeOf(cluster.Group.ToRevoke(_member));
        if (revoked.Count > 0)
        {
            Log("revoked", revoked);
            listener.Revoked(revoked);
            foreach (var partition in revoked)
                _fetches.Remove(partition);
        }

        if (_member.IsGone)
            return;
        cluster.Group.Released(_member, revoked);
        var added = cluster.Group.Take(_member, SomeOf);
        if (added.Count == 0)
            return;
        Log("assigned", added);
        var starts = listener.Assigned(added);
        foreach (var partition in added)
        {
            var start = starts.TryGetValue(partition, out var offset) ? offset : cluster.Group.CommittedOffsets.GetValueOrDefault(partition).Offset;
            _fetches[partition] = new(partition, start) { Slowness = faults.Random.Pick([0.1, 0.5, 0.9]) };
        }
    }

    private List<TopicPartition> SomeOf(List<TopicPartition> partitions) =>
        plan.PartialAssignmentRate > 0 && partitions.Count > 1 && faults.Random.Chance(plan.PartialAssignmentRate) ? partitions.FindAll(_ => faults.Random.Chance(0.5)) : partitions;

    private void Resize()
    {
        if (_turns.Length >= _fetches.Count)
            return;
        _turns = new ulong[_fetches.Count];
        _inTurn = new Fetch[_fetches.Count];
    }

    private void Read(Fetch fetch, int most)
    {
        var log = fetch.Log ??= cluster.Partition(fetch.Partition);
        var end = readCommitted ? log.LastStableOffset : log.End;
        for (; fetch.Position < end && most > 0; fetch.Position++)
        {
            if (log[fetch.Position] is not { IsControl: false } entry || (readCommitted && !entry.IsCommitted))
                continue;
            _batch.Add(fetch.Partition, fetch.Position, entry);
            most--;
        }

        fetch.HeardEnd = end;
        fetch.Unserved = 0;
    }

    private void Log(string what, List<TopicPartition> partitions) =>
        cluster.Trace.Add(cluster.NowMs, faults.Instance, $"{what} {string.Join(' ', partitions)}");

    private sealed class Fetch(TopicPartition partition, long position)
    {
        public TopicPartition Partition => partition;

        public SimulatedPartition? Log { get; set; }

        public long Position { get; set; } = position;

        public long HeardEnd { get; set; } = -1;

        public int Unserved { get; set; }

        public double Slowness { get; init; }

        public bool IsPaused { get; set; }
    }
}

/// <summary>A member as a transaction's commit names it.</summary>
internal sealed record SimulatedGroupIdentity(SimulatedMember? Member);
