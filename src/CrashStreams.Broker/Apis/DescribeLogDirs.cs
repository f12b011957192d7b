using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>How many bytes partitions take in the one log directory.</summary>
internal static class DescribeLogDirs
{
    private const long Unknown = -1;

    public static DescribeLogDirsResponse Handle(DescribeLogDirsRequest request, BrokerCore core) => new()
    {
        Results = [new() { LogDir = core.Options.DataDirectory ?? "memory", TotalBytes = Unknown, UsableBytes = Unknown, Topics = Topics(request, core.Topics) }],
    };

    private static List<DescribeLogDirsResponse.DescribeLogDirsTopic> Topics(DescribeLogDirsRequest request, TopicCatalog topics)
    {
        if (request.Topics is null)
            return [.. topics.Topics.Select(topic => Describe(topic, topic.Partitions))];
        return [.. from wanted in request.Topics
                   let topic = topics.Find(wanted.Topic)
                   where topic is not null
                   select Describe(topic, wanted.Partitions.Select(topic.Find).OfType<Partition>())];
    }

    private static DescribeLogDirsResponse.DescribeLogDirsTopic Describe(Topic topic, IEnumerable<Partition> partitions) => new()
    {
        Name = topic.Name,
        Partitions = [.. partitions.Select(partition => new DescribeLogDirsResponse.DescribeLogDirsPartition
        {
            PartitionIndex = partition.Index,
            PartitionSize = partition.Log.SizeInBytes,
        })],
    };
}
