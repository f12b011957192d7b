using System.Runtime.CompilerServices;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>A batch that a producer appended, remembered so that a retry of it is recognised.</summary>
internal readonly record struct ProducedBatch(int FirstSequence, int LastSequence, long BaseOffset, int OffsetDelta, long TimestampMs);

/// <summary>What a partition knows about an idempotent producer: its epoch, its last batches, its open transaction.</summary>
internal sealed class ProducerState(long producerId)
{
    /// <summary>A producer has at most this many requests in flight, so an older batch can't be a retry.</summary>
    public const int RememberedBatches = 5;

    private Ring _batches;
    private int _next;

    public long ProducerId { get; } = producerId;
    public short Epoch { get; private set; } = RecordBatchHeader.NoProducerEpoch;
    public int CoordinatorEpoch { get; set; } = -1;
    public long LastTimestampMs { get; set; } = RecordBatchHeader.NoTimestamp;

    /// <summary>The first offset of the open transaction, or -1.</summary>
    public long TransactionFirstOffset { get; set; } = -1;

    public int BatchCount { get; private set; }

    /// <summary>The last sequence of this epoch, or -1 when it has none yet.</summary>
    public int LastSequence => BatchCount == 0 ? RecordBatchHeader.NoSequence : Batch(BatchCount - 1).LastSequence;

    /// <summary>The offset of the last record of this epoch, or -1.</summary>
    public long LastDataOffset => BatchCount == 0 ? -1 : Batch(BatchCount - 1).BaseOffset + Batch(BatchCount - 1).OffsetDelta;

    /// <summary>The remembered batches, the oldest first.</summary>
    public ProducedBatch Batch(int index) => _batches[(_next + RememberedBatches - BatchCount + index) % RememberedBatches];

    public void BeginEpoch(short epoch)
    {
        if (epoch == Epoch)
            return;
        Epoch = epoch;
        BatchCount = 0;
    }

    public void Remember(ProducedBatch batch)
    {
        _batches[_next] = batch;
        _next = (_next + 1) % RememberedBatches;
        BatchCount = Math.Min(BatchCount + 1, RememberedBatches);
    }

    public bool TryFindDuplicate(short epoch, int firstSequence, int lastSequence, out ProducedBatch duplicate)
    {
        for (var i = 0; i < BatchCount && epoch == Epoch; i++)
        {
            duplicate = Batch(i);
            if (duplicate.FirstSequence == firstSequence && duplicate.LastSequence == lastSequence)
                return true;
        }
        duplicate = default;
        return false;
    }

    [InlineArray(RememberedBatches)]
    private struct Ring
    {
        private ProducedBatch _first;
    }
}
