using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Transactions;

/// <summary>The partitions and groups that transactions write to, all in this process.</summary>
internal sealed class TransactionParticipants(BrokerCore core) : ITransactionParticipants, IProducerView
{
    private const int CoordinatorEpoch = 0; // there is one coordinator, and it never moves

    public MarkerResult WriteMarker(TopicPartition partition, ProducerIdentity producer, bool commit)
    {
        if (core.Topics.Find(partition) is not { } found)
            return MarkerResult.Gone;
        return found.Log.AppendMarker(producer.Id, producer.Epoch, commit, CoordinatorEpoch, core.Timers.NowMs).Error switch
        {
            ErrorCode.None => MarkerResult.Written,
            ErrorCode.InvalidProducerEpoch => MarkerResult.Fenced,
            _ => MarkerResult.Failed,
        };
    }

    public bool TryEndOffsets(string groupId, long producerId, bool commit) => core.Groups.Find(groupId)?.Offsets.TryEnd(producerId, commit) ?? true;

    public IEnumerable<DescribeProducersResponse.ProducerState>? Find(TopicPartition partition) =>
        core.Topics.Find(partition)?.Log.Producers.Select(producer => new DescribeProducersResponse.ProducerState
        {
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.Epoch,
            LastSequence = producer.LastSequence,
            LastTimestamp = producer.LastTimestampMs,
            CoordinatorEpoch = producer.CoordinatorEpoch,
            CurrentTxnStartOffset = producer.TransactionFirstOffset,
        });
}
