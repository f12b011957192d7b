using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows the producers that partitions remember.</summary>
internal static class DescribeProducers
{
    public static DescribeProducersResponse Handle(DescribeProducersRequest request, IProducerView producers) => new()
    {
        Topics = request.Topics.ConvertAll(topic => new DescribeProducersResponse.TopicResponse
        {
            Name = topic.Name,
            Partitions = topic.PartitionIndexes.ConvertAll(index => Describe(new TopicPartition(topic.Name, index), producers)),
        }),
    };

    private static DescribeProducersResponse.PartitionResponse Describe(TopicPartition partition, IProducerView producers)
    {
        var response = new DescribeProducersResponse.PartitionResponse { PartitionIndex = partition.Partition };
        if (producers.Find(partition) is { } found)
            response.ActiveProducers = [.. found];
        else
            response.ErrorCode = ErrorCode.UnknownTopicOrPartition;
        return response;
    }
}
