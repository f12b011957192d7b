using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>How many bytes partitions take in the one log directory.</summary>
internal static class DescribeLogDirs
{
    private const long Unknown = -1;

    public static IEnumerable<DescribeLogDirsResponse?> Handle(DescribeLogDirsRequest request, BrokerCore core)
    {
        var topics = new List<DescribeLogDirsResponse.DescribeLogDirsTopic>();
        foreach (var topic in Topics(request, core.Topics))
        {
            topics.Add(topic);
            yield return null;
        }
        yield return new() { Results = [new() { LogDir = core.Options.DataDirectory ?? "memory", TotalBytes = Unknown, UsableBytes = Unknown, Topics = topics }] };
    }

    private static IEnumerable<DescribeLogDirsResponse.DescribeLogDirsTopic> Topics(DescribeLogDirsRequest request, TopicCatalog topics)
    {
        if (request.Topics is null)
            return topics.Topics.ToList().Select(topic => Describe(topic, topic.Partitions));
        return from wanted in request.Topics.DistinctBy(topic => topic.Topic)
               let topic = topics.Find(wanted.Topic)
               where topic is not null
               select Describe(topic, wanted.Partitions.Distinct().Select(topic.Find).OfType<Partition>());
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
