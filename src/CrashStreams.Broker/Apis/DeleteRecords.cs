using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Moves the start of logs: what lies before is no longer there to be read.</summary>
internal static class DeleteRecords
{
    private const long HighWatermark = -1;

    public static DeleteRecordsResponse Handle(DeleteRecordsRequest request, TopicCatalog topics) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new DeleteRecordsResponse.DeleteRecordsTopicResult
        {
            Name = topic.Name,
            Partitions = topic.Partitions.ConvertAll(wanted => Delete(wanted, topics.Find(topic.Name)?.Find(wanted.PartitionIndex))),
        }),
    };

    private static DeleteRecordsResponse.DeleteRecordsPartitionResult Delete(DeleteRecordsRequest.DeleteRecordsPartition wanted, Partition? partition)
    {
        var result = new DeleteRecordsResponse.DeleteRecordsPartitionResult { PartitionIndex = wanted.PartitionIndex, LowWatermark = -1 };
        if (partition is null)
        {
            result.ErrorCode = ErrorCode.UnknownTopicOrPartition;
            return result;
        }
        result.ErrorCode = partition.Log.DeleteRecordsBefore(wanted.Offset == HighWatermark ? partition.Log.HighWatermark : wanted.Offset);
        if (result.ErrorCode != ErrorCode.None)
            return result;
        result.LowWatermark = partition.Log.LogStartOffset;
        partition.Moved();
        return result;
    }
}
