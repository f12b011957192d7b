using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Elections of leaders, of which none is ever needed: the only replica leads.</summary>
internal static class ElectLeaders
{
    public static IEnumerable<ElectLeadersResponse?> Handle(ElectLeadersRequest request, TopicCatalog topics)
    {
        // Asked for all partitions, only those that had an election are named: none.
        var response = new ElectLeadersResponse();
        foreach (var wanted in request.TopicPartitions ?? [])
        {
            var results = new List<ElectLeadersResponse.PartitionResult>();
            response.ReplicaElectionResults.Add(new() { Topic = wanted.Topic, PartitionResult = results });
            foreach (var index in wanted.Partitions.Distinct())
            {
                results.Add(Result(index, topics.Find(wanted.Topic)?.Find(index) is not null));
                if (results.Count % Steps.Elements == 0)
                    yield return null;
            }
            yield return null;
        }
        yield return response;
    }

    private static ElectLeadersResponse.PartitionResult Result(int index, bool exists) => new()
    {
        PartitionId = index,
        ErrorCode = exists ? ErrorCode.ElectionNotNeeded : ErrorCode.UnknownTopicOrPartition,
        ErrorMessage = exists ? "The partition's only replica leads it." : "There is no such partition.",
    };
}
