using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Ends open transactions in partitions directly. Between brokers in Apache Kafka; here only for an operator who aborts a hanging one.</summary>
internal static class WriteTxnMarkers
{
    public static WriteTxnMarkersResponse Handle(WriteTxnMarkersRequest request, ITransactionParticipants participants) => new()
    {
        Markers = request.Markers.ConvertAll(marker => new WriteTxnMarkersResponse.WritableTxnMarkerResult
        {
            ProducerId = marker.ProducerId,
            Topics = marker.Topics.ConvertAll(topic => new WriteTxnMarkersResponse.WritableTxnMarkerTopicResult
            {
                Name = topic.Name,
                Partitions = topic.PartitionIndexes.ConvertAll(index => new WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult
                {
                    PartitionIndex = index,
                    ErrorCode = Write(marker, new TopicPartition(topic.Name, index), participants),
                }),
            }),
        }),
    };

    private static ErrorCode Write(WriteTxnMarkersRequest.WritableTxnMarker marker, TopicPartition partition, ITransactionParticipants participants) =>
        participants.WriteMarker(partition, new ProducerIdentity(marker.ProducerId, marker.ProducerEpoch), marker.TransactionResult) switch
        {
            MarkerResult.Written => ErrorCode.None,
            MarkerResult.Fenced => ErrorCode.InvalidProducerEpoch,
            MarkerResult.Gone => ErrorCode.UnknownTopicOrPartition,
            _ => ErrorCode.KafkaStorageError,
        };
}
