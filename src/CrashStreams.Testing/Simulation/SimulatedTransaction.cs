using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

internal enum TransactionState
{
    Open,
    Committed,
    Aborted,
}

/// <summary>What one transaction has touched.</summary>
internal sealed class SimulatedTransaction(long startedMs)
{
    public long StartedMs => startedMs;

    public TransactionState State { get; set; }

    public HashSet<SimulatedPartition> Partitions { get; } = [];

    /// <summary>Offsets that the group commits with it; until then nobody knows whether they hold.</summary>
    public Dictionary<TopicPartition, OffsetAndMetadata> Offsets { get; } = [];
}

/// <summary>
/// The transaction coordinator: one producer per transactional id, the newest (highest epoch); transactions that take too long are aborted.
/// </summary>
internal sealed class SimulatedTransactions(SimulatedCluster cluster, long timeoutMs)
{
    private readonly SortedList<string, Owner> _owners = new(StringComparer.Ordinal);

    public IEnumerable<SimulatedTransaction> Open => _owners.Values.Where(o => o.Current is not null).Select(o => o.Current!);

    public bool IsOpen(string id) => _owners.TryGetValue(id, out var owner) && owner.Current is not null;

    /// <summary>Fences earlier producers of the id; answers the new epoch.</summary>
    public int Initialize(string id)
    {
        if (!_owners.TryGetValue(id, out var owner))
            _owners[id] = owner = new();
        End(owner, TransactionState.Aborted);
        return ++owner.Epoch;
    }

    /// <summary>The open transaction of a producer, begun when there is none.</summary>
    /// <exception cref="LogException">A newer producer has taken over, or the transaction was aborted for its age.</exception>
    public SimulatedTransaction Current(string id, int epoch) => Validate(id, epoch).Current ??= new(cluster.NowMs);

    public void End(string id, int epoch, TransactionState state) => End(Validate(id, epoch), state);

    /// <summary>Aborts what is too old; its producer is fenced.</summary>
    public void Tick()
    {
        for (var i = 0; i < _owners.Count; i++)
        {
            var owner = _owners.GetValueAtIndex(i);
            if (owner.Current is not { } transaction || cluster.NowMs - transaction.StartedMs < timeoutMs)
                continue;
            cluster.Trace.Add(cluster.NowMs, -1, $"timeout {_owners.GetKeyAtIndex(i)}");
            owner.Epoch++;
            End(owner, TransactionState.Aborted);
        }
    }

    private Owner Validate(string id, int epoch)
    {
        var owner = _owners[id];
        if (owner.Epoch != epoch && !cluster.IgnoresFencing)
            throw new LogException($"Producer '{id}' of epoch {epoch} is fenced by epoch {owner.Epoch}.") { IsFatal = true, IsFenced = true };
        return owner;
    }

    private void End(Owner owner, TransactionState state)
    {
        if (owner.Current is not { } transaction)
            return;
        owner.Current = null;
        transaction.State = state;
        foreach (var partition in transaction.Partitions)
            partition.Finish(transaction);
        if (state == TransactionState.Committed)
            cluster.Group.Store(transaction.Offsets);
    }

    private sealed class Owner
    {
        public int Epoch { get; set; }

        public SimulatedTransaction? Current { get; set; }
    }
}
