using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Moves the start of logs: what lies before is no longer there to be read.</summary>
internal static class DeleteRecords
{
    private const long HighWatermark = -1;

    public static IEnumerable<DeleteRecordsResponse?> Handle(DeleteRecordsRequest request, TopicCatalog topics)
    {
        var repeated = new Repeated<TopicPartition>(request.Topics.SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Name, partition.PartitionIndex))));
        var response = new DeleteRecordsResponse();
        foreach (var topic in request.Topics)
        {
            var results = new List<DeleteRecordsResponse.DeleteRecordsPartitionResult>();
            response.Topics.Add(new() { Name = topic.Name, Partitions = results });
            foreach (var wanted in topic.Partitions)
            {
                var partition = new TopicPartition(topic.Name, wanted.PartitionIndex);
                results.Add(repeated.Contains(partition)
                    ? new() { PartitionIndex = wanted.PartitionIndex, LowWatermark = -1, ErrorCode = ErrorCode.InvalidRequest }
                    : Delete(wanted, topics.Find(partition)));
                yield return null;
            }
        }
        yield return response;
    }

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
