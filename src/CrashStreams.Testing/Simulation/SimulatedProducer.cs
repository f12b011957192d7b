using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>
/// Writes the simulated log. Records wait in the client and go out per partition, now and then some, all of them at a flush; a crash
/// may come when some have gone out and others not.
/// </summary>
internal sealed class SimulatedProducer(SimulatedCluster cluster, PortFaults faults, string? transactionalId) : ILogProducer
{
    private const double SendWeight = 0.02;
    private const double LingerChance = 0.1;

    private readonly long _id = cluster.NewProducerId();
    private readonly List<TopicPartition> _waitingPartitions = [];
    private readonly Dictionary<TopicPartition, Queue<SimulatedEntry>> _waiting = [];
    private readonly Dictionary<TopicPartition, long> _sequences = [];
    private readonly List<FailedRecord> _refused = [];
    private LogException? _fatal;
    private int _epoch;
    private int _nextPartition;
    private bool _inTransaction;

    public int PartitionCount(string topic) => cluster.PartitionCount(topic) ?? throw new LogException($"There is no topic '{topic}'.");

    public void Send(string topic, int partition, in LogRecord record)
    {
        faults.Before("send", SendWeight, mayFail: false, isWrite: true);
        ThrowIfFenced();
        if (transactionalId is not null && !_inTransaction)
            throw new LogException("Sent outside of a transaction.") { IsFatal = true };
        // A transaction that has lost a batch takes nothing more.
        if (transactionalId is not null)
            ThrowIfRefused();
        var at = new TopicPartition(topic, partition == ILogProducer.AnyPartition ? _nextPartition++ % PartitionCount(topic) : partition);
        if (!_waiting.TryGetValue(at, out var queue))
        {
            _waiting[at] = queue = [];
            _waitingPartitions.Add(at);
        }

        queue.Enqueue(SimulatedEntry.Of(in record, null));
        if (faults.Random.Chance(LingerChance))
            DeliverSome(faults.Random.Pick(_waitingPartitions));
    }

    public void Flush()
    {
        faults.Before("flush", mayFail: false, isWrite: true);
        foreach (var at in _waitingPartitions)
        {
            if (faults.Hiccup())
                DeliverSome(at);
            if (faults.Hiccup())
                LoseAndThrow(at);
            Deliver(at, int.MaxValue);
        }

        ThrowIfFenced();
        ThrowIfRefused();
        faults.After("flush", mayFail: false);
    }

    public void InitTransactions()
    {
        faults.Before("init transactions");
        _epoch = cluster.Transactions.Initialize(transactionalId!);
        faults.After("init transactions");
    }

    public void BeginTransaction()
    {
        faults.Before("begin", mayFail: false);
        ThrowIfFenced();
        _inTransaction = true;
    }

    public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
    {
        Flush();
        if (offsets.Count > 0)
        {
            faults.Before("add offsets");
            cluster.Group.Validate(((SimulatedGroupIdentity)groupIdentity).Member, hasHeard: !faults.MissesEpoch());
            var transaction = cluster.Transactions.Current(transactionalId!, _epoch);
            foreach (var (partition, offset) in offsets)
                transaction.Offsets[partition] = offset;
        }

        else if (((SimulatedGroupIdentity)groupIdentity).Member is { IsGone: true })
        {
            cluster.Violations.Add($"Instance {faults.Instance} commits a transaction after it has lost its partitions: without offsets nothing fences it");
        }

        faults.Before("commit transaction");
        cluster.Transactions.End(transactionalId!, _epoch, TransactionState.Committed);
        _inTransaction = false;
        cluster.Trace.Add(cluster.NowMs, faults.Instance, "transaction", offsets.Count, offsets.Values.Sum(o => o.Offset));
        faults.After("commit transaction");
    }

    public void AbortTransaction()
    {
        faults.Before("abort", mayFail: false);
        foreach (var queue in _waiting.Values)
            queue.Clear();
        _refused.Clear();
        ThrowIfFenced();
        cluster.Transactions.End(transactionalId!, _epoch, TransactionState.Aborted);
        _inTransaction = false;
    }

    public void Dispose()
    {
    }

    private void DeliverSome(in TopicPartition at) => Deliver(at, faults.Random.Below(_waiting[at].Count + 1));

    private void Deliver(in TopicPartition at, int most)
    {
        if (_fatal is not null)
            return;
        try
        {
            var partition = cluster.Partition(at);
            if (IsRefused(at, most))
                return;
            for (var queue = _waiting[at]; most > 0 && queue.Count > 0; most--)
            {
                var transaction = transactionalId is null ? null : cluster.Transactions.Current(transactionalId, _epoch);
                var entry = queue.Dequeue() with { Transaction = transaction };
                var sequence = _sequences[at] = _sequences.GetValueOrDefault(at) + 1;
                cluster.Append(partition, entry, _id, sequence);
                // The answer was lost: the client sends it again, under the same number.
                if (faults.Hiccup())
                    cluster.Append(partition, entry, _id, sequence);
            }
        }
        catch (LogException e)
        {
            _fatal = e;
        }
    }

    // One record is enough for the whole batch.
    private bool IsRefused(in TopicPartition at, int most)
    {
        var queue = _waiting[at];
        var batch = Math.Min(most, queue.Count);
        var topic = at.Topic;
        if (!queue.Take(batch).Any(e => cluster.Refuses(topic, e)))
            return false;
        for (var i = 0; i < batch; i++)
        {
            queue.Dequeue();
            _refused.Add(new(at.Topic, at.Partition, "against a policy of the cluster") { Refusal = LogRefusal.Records });
        }

        cluster.Trace.Add(cluster.NowMs, faults.Instance, $"refused {at}", batch);
        return true;
    }

    private void ThrowIfRefused()
    {
        if (_refused.Count == 0)
            return;
        var refused = _refused.ToArray();
        _refused.Clear();
        throw new LogException($"{refused.Length} records were refused.") { Failed = refused };
    }

    private void LoseAndThrow(in TopicPartition at)
    {
        var count = _waiting[at].Count;
        if (count == 0)
            return;
        _waiting[at].Clear();
        cluster.Trace.Add(cluster.NowMs, faults.Instance, $"lost in client {at}", count);
        throw new LogException($"{count} records to {at} timed out.") { IsRetriable = true, Failed = [new(at.Topic, at.Partition, "timed out")] };
    }

    private void ThrowIfFenced()
    {
        if (_fatal is not null)
            throw _fatal;
    }
}
