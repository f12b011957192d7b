using CrashStreams.Log;
using CrashStreams.Protocol.Messages;
using TopicPartition = CrashStreams.Log.TopicPartition;

namespace CrashStreams.Kafka;

/// <summary>Asks brokers which producers have transactions open in the partitions that they lead (DescribeProducers, KIP-664). librdkafka has no such call.</summary>
internal static class OpenTransactions
{
    /// <summary>Asks one broker about the partitions that it leads.</summary>
    public static async Task<List<OpenTransaction>> AskAsync(string host, int port, IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        var request = new DescribeProducersRequest
        {
            Topics = [.. partitions.GroupBy(static p => p.Topic).Select(static t => new DescribeProducersRequest.TopicRequest { Name = t.Key, PartitionIndexes = [.. t.Select(static p => p.Partition)] })],
        };
        var response = await DirectQuestion.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(host, port, request, 0, cancellation).ConfigureAwait(false);
        return (from topic in response.Topics
                from partition in topic.Partitions
                from producer in partition.ActiveProducers
                where producer.CurrentTxnStartOffset >= 0
                select new OpenTransaction(new(topic.Name, partition.PartitionIndex), producer.ProducerId, producer.ProducerEpoch, producer.CurrentTxnStartOffset)).ToList();
    }
}
