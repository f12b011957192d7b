using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Where the records of a leader epoch end. There is one leader and its epoch is always 0.</summary>
internal static class OffsetForLeaderEpoch
{
    public static IEnumerable<OffsetForLeaderEpochResponse?> Handle(OffsetForLeaderEpochRequest request, TopicCatalog topics)
    {
        var response = new OffsetForLeaderEpochResponse();
        foreach (var topic in request.Topics)
        {
            var partitions = new List<OffsetForLeaderEpochResponse.EpochEndOffset>();
            response.Topics.Add(new() { Topic = topic.Topic, Partitions = partitions });
            foreach (var wanted in topic.Partitions.DistinctBy(partition => partition.Partition))
            {
                partitions.Add(Find(wanted, topics.Find(topic.Topic)?.Find(wanted.Partition)));
                if (partitions.Count % Steps.Elements == 0)
                    yield return null;
            }
            yield return null;
        }
        yield return response;
    }

    private static OffsetForLeaderEpochResponse.EpochEndOffset Find(OffsetForLeaderEpochRequest.OffsetForLeaderPartition wanted, Partition? partition)
    {
        var response = new OffsetForLeaderEpochResponse.EpochEndOffset { Partition = wanted.Partition };
        if (partition is null)
            response.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        else if (wanted.CurrentLeaderEpoch > 0)
            response.ErrorCode = ErrorCode.UnknownLeaderEpoch;
        else if (wanted.LeaderEpoch == 0)
            (response.LeaderEpoch, response.EndOffset) = (0, partition.Log.EndOffset);
        return response;
    }
}
