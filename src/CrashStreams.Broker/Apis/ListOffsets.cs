using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The offset of a time, or of a place in the log that a negative number names.</summary>
internal static class ListOffsets
{
    private const long Latest = -1;
    private const long Earliest = -2;
    private const long MaxTimestamp = -3; // KIP-734, v7
    private const long EarliestLocal = -4; // KIP-405, v8
    private const long LatestTiered = -5; // KIP-1005, v9
    private const long EarliestPendingUpload = -6; // KIP-1023, v11

    public static IEnumerable<ListOffsetsResponse?> Handle(ListOffsetsRequest request, TopicCatalog topics)
    {
        var repeated = new Repeated<TopicPartition>(request.Topics.SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Name, partition.PartitionIndex))));
        var response = new ListOffsetsResponse();
        foreach (var topic in request.Topics)
        {
            var answers = new List<ListOffsetsResponse.ListOffsetsPartitionResponse>();
            response.Topics.Add(new() { Name = topic.Name, Partitions = answers });
            foreach (var wanted in topic.Partitions)
            {
                var partition = new TopicPartition(topic.Name, wanted.PartitionIndex);
                answers.Add(repeated.Contains(partition)
                    ? new() { PartitionIndex = wanted.PartitionIndex, ErrorCode = ErrorCode.InvalidRequest }
                    : Find(wanted, topics.Find(partition), (FetchIsolation)request.IsolationLevel));
                yield return null;
            }
        }
        yield return response;
    }

    private static ListOffsetsResponse.ListOffsetsPartitionResponse Find(
        ListOffsetsRequest.ListOffsetsPartition wanted, Partition? partition, FetchIsolation isolation)
    {
        var response = new ListOffsetsResponse.ListOffsetsPartitionResponse { PartitionIndex = wanted.PartitionIndex };
        if (partition is null)
            response.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        else if (wanted.CurrentLeaderEpoch > 0)
            response.ErrorCode = ErrorCode.UnknownLeaderEpoch;
        else
            Find(response, wanted.Timestamp, partition.Log, isolation);
        return response;
    }

    private static void Find(ListOffsetsResponse.ListOffsetsPartitionResponse response, long timestamp, PartitionLog log, FetchIsolation isolation)
    {
        response.LeaderEpoch = 0;
        switch (timestamp)
        {
            case Latest:
                response.Offset = isolation == FetchIsolation.ReadCommitted ? log.LastStableOffset : log.HighWatermark;
                break;
            case Earliest or EarliestLocal:
                response.Offset = log.LogStartOffset;
                break;
            case LatestTiered or EarliestPendingUpload:
                response.LeaderEpoch = -1; // there is no second tier
                break;
            case MaxTimestamp:
                Set(response, log.OffsetOfMaxTimestamp());
                break;
            default:
                Set(response, log.OffsetForTimestamp(timestamp));
                break;
        }
    }

    private static void Set(ListOffsetsResponse.ListOffsetsPartitionResponse response, TimestampOffset? found)
    {
        response.Offset = found?.Offset ?? -1;
        response.Timestamp = found?.TimestampMs ?? -1;
        response.LeaderEpoch = found is null ? -1 : 0;
    }
}
