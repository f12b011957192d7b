using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Ends open transactions in partitions directly. Between brokers in Apache Kafka; here only for an operator who aborts a hanging one.</summary>
internal static class WriteTxnMarkers
{
    public static IEnumerable<WriteTxnMarkersResponse?> Handle(WriteTxnMarkersRequest request, ITransactionParticipants participants)
    {
        var response = new WriteTxnMarkersResponse();
        foreach (var marker in request.Markers)
        {
            var topics = new List<WriteTxnMarkersResponse.WritableTxnMarkerTopicResult>();
            response.Markers.Add(new() { ProducerId = marker.ProducerId, Topics = topics });
            foreach (var topic in marker.Topics)
            {
                var partitions = new List<WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult>();
                topics.Add(new() { Name = topic.Name, Partitions = partitions });
                foreach (var index in topic.PartitionIndexes)
                {
                    partitions.Add(new() { PartitionIndex = index, ErrorCode = Write(marker, new TopicPartition(topic.Name, index), participants) });
                    yield return null;
                }
            }
        }
        yield return response;
    }

    private static ErrorCode Write(WriteTxnMarkersRequest.WritableTxnMarker marker, TopicPartition partition, ITransactionParticipants participants) =>
        participants.WriteMarker(partition, new ProducerIdentity(marker.ProducerId, marker.ProducerEpoch), marker.TransactionResult) switch
        {
            MarkerResult.Written => ErrorCode.None,
            MarkerResult.Fenced => ErrorCode.InvalidProducerEpoch,
            MarkerResult.Gone => ErrorCode.UnknownTopicOrPartition,
            _ => ErrorCode.KafkaStorageError,
        };
}
