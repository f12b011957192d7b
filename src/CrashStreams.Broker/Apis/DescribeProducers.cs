using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows the producers that partitions remember.</summary>
internal static class DescribeProducers
{
    public static DescribeProducersResponse Handle(DescribeProducersRequest request, IProducerView producers, AnswerBudget budget) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new DescribeProducersResponse.TopicResponse
        {
            Name = topic.Name,
            Partitions = [.. topic.PartitionIndexes.Distinct().Select(index => Describe(new TopicPartition(topic.Name, index), producers, budget))],
        }),
    };

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
