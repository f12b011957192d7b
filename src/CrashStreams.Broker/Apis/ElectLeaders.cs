using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Elections of leaders, of which none is ever needed: the only replica leads.</summary>
internal static class ElectLeaders
{
    public static ElectLeadersResponse Handle(ElectLeadersRequest request, TopicCatalog topics) => new()
    {
        // Asked for all partitions, only those that had an election are named: none.
        ReplicaElectionResults = (request.TopicPartitions ?? []).ConvertAll(wanted => new ElectLeadersResponse.ReplicaElectionResult
        {
            Topic = wanted.Topic,
            PartitionResult = wanted.Partitions.ConvertAll(index => Result(index, topics.Find(wanted.Topic)?.Find(index) is not null)),
        }),
    };

    private static ElectLeadersResponse.PartitionResult Result(int index, bool exists) => new()
    {
        PartitionId = index,
        ErrorCode = exists ? ErrorCode.ElectionNotNeeded : ErrorCode.UnknownTopicOrPartition,
        ErrorMessage = exists ? "The partition's only replica leads it." : "There is no such partition.",
    };
}
