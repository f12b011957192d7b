using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows the producers that partitions remember.</summary>
internal static class DescribeProducers
{
    public static IEnumerable<DescribeProducersResponse?> Handle(DescribeProducersRequest request, IProducerView producers, AnswerBudget budget)
    {
        var response = new DescribeProducersResponse();
        foreach (var topic in request.Topics)
        {
            var partitions = new List<DescribeProducersResponse.PartitionResponse>();
            response.Topics.Add(new() { Name = topic.Name, Partitions = partitions });
            foreach (var index in topic.PartitionIndexes.Distinct())
            {
                partitions.Add(Describe(new TopicPartition(topic.Name, index), producers, budget));
                yield return null;
            }
        }
        yield return response;
    }

    private static DescribeProducersResponse.PartitionResponse Describe(TopicPartition partition, IProducerView producers, AnswerBudget budget)
    {
        var response = new DescribeProducersResponse.PartitionResponse { PartitionIndex = partition.Partition };
        if (producers.Find(partition) is { } found)
            response.ActiveProducers = [.. found.TakeWhile(_ => budget.TryTake())];
        else
            response.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        return response;
    }
}
