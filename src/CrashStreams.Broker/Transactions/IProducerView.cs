using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Transactions;

/// <summary>What the partitions' logs remember of producers.</summary>
internal interface IProducerView
{
    /// <summary>The producers of a partition; null when there is no such partition.</summary>
    IEnumerable<DescribeProducersResponse.ProducerState>? Find(TopicPartition partition);
}
