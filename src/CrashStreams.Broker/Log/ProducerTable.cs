using System.Diagnostics.CodeAnalysis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>The answer to whether a batch of an idempotent producer may be appended.</summary>
internal readonly record struct SequenceCheck(ErrorCode Error, ProducedBatch? Duplicate = null, string? Message = null);

/// <summary>The idempotent producers of a partition and their open transactions.</summary>
internal sealed class ProducerTable
{
    /// <summary>Of a partition. Clients choose the ids, and who sends each batch with another one must not fill the memory.</summary>
    public const int MaxProducers = 10_000;

    private const int ForgottenAtOnce = 1000;

    private readonly Dictionary<long, ProducerState> _producers = [];
    private readonly SortedSet<(long FirstOffset, long ProducerId)> _open = [];

    public IReadOnlyCollection<ProducerState> Producers => _producers.Values;

    /// <summary>The producers whose transactions are open, by the transactions' first offsets.</summary>
    public IEnumerable<ProducerState> OpenTransactions => _open.Select(open => _producers[open.ProducerId]);

    /// <summary>Where the earliest open transaction begins; the largest offset there can be, if none is open.</summary>
    public long FirstOpenOffset => _open.Count == 0 ? long.MaxValue : _open.Min.FirstOffset;

    public bool TryGet(long producerId, [NotNullWhen(true)] out ProducerState? producer) => _producers.TryGetValue(producerId, out producer);

    public SequenceCheck Check(in RecordBatchView batch)
    {
        // Kafka accepts any first sequence of a producer that the partition doesn't know: its state may have expired.
        if (!_producers.TryGetValue(batch.ProducerId, out var producer))
            return new(ErrorCode.None);
        if (producer.TryFindDuplicate(batch.ProducerEpoch, batch.BaseSequence, batch.LastSequence, out var duplicate))
            return new(ErrorCode.None, duplicate);
        if (batch.ProducerEpoch < producer.Epoch)
            return new(ErrorCode.InvalidProducerEpoch, null, $"Producer {batch.ProducerId} has epoch {producer.Epoch}; the batch has the old epoch {batch.ProducerEpoch}.");
        var last = batch.ProducerEpoch == producer.Epoch ? producer.LastSequence : RecordBatchHeader.NoSequence;
        if (!Sequence.Follows(batch.BaseSequence, last))
            return new(ErrorCode.OutOfOrderSequenceNumber, null, $"Producer {batch.ProducerId} sent sequence {batch.BaseSequence} after {last} of epoch {producer.Epoch}.");
        if (!batch.IsTransactional && producer.TransactionFirstOffset >= 0)
            return new(ErrorCode.InvalidTxnState, null, $"Producer {batch.ProducerId} has an open transaction; the batch is not part of one.");
        return new(ErrorCode.None);
    }

    /// <summary>Takes note of a batch that is in the log. A marker that aborts a transaction which left data in the log gives the place of that data.</summary>
    public long? Apply(in RecordBatchView batch)
    {
        if (!batch.HasProducer)
            return null;
        if (batch.IsControl)
            return ControlRecord.TryRead(batch, out var type, out var coordinatorEpoch) ? ApplyMarker(batch, type, coordinatorEpoch) : null;
        var producer = GetOrAdd(batch.ProducerId);
        producer.BeginEpoch(batch.ProducerEpoch);
        producer.Remember(new(batch.BaseSequence, batch.LastSequence, batch.BaseOffset, batch.LastOffsetDelta, batch.MaxTimestamp));
        producer.LastTimestampMs = batch.MaxTimestamp;
        if (batch.IsTransactional && producer.TransactionFirstOffset < 0)
            Open(producer, batch.BaseOffset);
        return null;
    }

    /// <summary>Forgets the producers without an open transaction that have been silent for the time.</summary>
    public void Expire(long nowMs, long expirationMs)
    {
        foreach (var producer in _producers.Values)
        {
            if (producer.TransactionFirstOffset < 0 && Saturating.Subtract(nowMs, producer.LastTimestampMs) > expirationMs)
                _producers.Remove(producer.ProducerId);
        }
    }

    public void Clear()
    {
        _producers.Clear();
        _open.Clear();
    }

    /// <summary>Puts a producer back that was read from a checkpoint.</summary>
    public void Restore(ProducerState producer)
    {
        _producers[producer.ProducerId] = producer;
        if (producer.TransactionFirstOffset >= 0)
            _open.Add((producer.TransactionFirstOffset, producer.ProducerId));
    }

    private long? ApplyMarker(in RecordBatchView batch, ControlType type, int coordinatorEpoch)
    {
        var producer = GetOrAdd(batch.ProducerId);
        var first = producer.TransactionFirstOffset;
        if (first >= 0)
            _open.Remove((first, producer.ProducerId));
        producer.TransactionFirstOffset = -1;
        producer.CoordinatorEpoch = coordinatorEpoch;
        producer.LastTimestampMs = batch.MaxTimestamp;

        // KIP-890: the marker of a transaction carries the bumped epoch, whose sequences begin at 0.
        producer.BeginEpoch(batch.ProducerEpoch);
        return type == ControlType.Abort && first >= 0 ? first : null;
    }

    private void Open(ProducerState producer, long firstOffset)
    {
        producer.TransactionFirstOffset = firstOffset;
        _open.Add((firstOffset, producer.ProducerId));
    }

    private ProducerState GetOrAdd(long producerId)
    {
        if (_producers.TryGetValue(producerId, out var producer))
            return producer;
        if (_producers.Count >= MaxProducers)
            ForgetOldest();
        _producers.Add(producerId, producer = new ProducerState(producerId));
        return producer;
    }

    /// <summary>Those without an open transaction whose last records are furthest back in the log; as after their expiration, any sequence of them is accepted.</summary>
    private void ForgetOldest()
    {
        var oldest = _producers.Values.Where(producer => producer.TransactionFirstOffset < 0).OrderBy(producer => producer.LastDataOffset).Take(ForgottenAtOnce).ToList();
        foreach (var producer in oldest)
            _producers.Remove(producer.ProducerId);
    }
}
