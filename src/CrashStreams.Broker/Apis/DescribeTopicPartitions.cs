using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Topics and their partitions in pages (KIP-966): a cursor says where the next page begins.</summary>
internal static class DescribeTopicPartitions
{
    private const int MaxPartitionsPerPage = 2000;

    public static IEnumerable<DescribeTopicPartitionsResponse?> Handle(DescribeTopicPartitionsRequest request, UserAccess access, BrokerCore core)
    {
        var response = new DescribeTopicPartitionsResponse();
        var left = Math.Clamp(request.ResponsePartitionLimit, 1, MaxPartitionsPerPage);
        var names = request.Topics.Count > 0
            ? InOrder(request.Topics)
            : core.Topics.Topics.Select(topic => topic.Name).Where(access.Covers).ToList(); // which are in order
        foreach (var name in names)
        {
            yield return null;
            var order = request.Cursor is { } cursor ? string.CompareOrdinal(name, cursor.TopicName) : 1;
            if (order < 0)
                continue;
            var first = order == 0 ? Math.Max(0, request.Cursor!.PartitionIndex) : 0;
            if (left == 0)
            {
                response.NextCursor = new() { TopicName = name, PartitionIndex = first };
                break;
            }
            if (core.Topics.Find(name) is not { } topic)
            {
                response.Topics.Add(new() { Name = name, ErrorCode = TopicName.IsValid(name) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopicException });
                continue;
            }
            var page = topic.Partitions.Skip(first).Take(left).ToList();
            left -= page.Count;
            response.Topics.Add(Describe(topic, page, core.Node.Id));
            if (first + page.Count < topic.Partitions.Count)
            {
                response.NextCursor = new() { TopicName = name, PartitionIndex = first + page.Count };
                break;
            }
        }
        yield return response;
    }

    /// <summary>Each name once, and each when its turn has come: to sort a hundred thousand at once takes too long.</summary>
    private static IEnumerable<string> InOrder(List<DescribeTopicPartitionsRequest.TopicRequest> topics)
    {
        var names = new PriorityQueue<string, string>(topics.Select(topic => (topic.Name, topic.Name)), StringComparer.Ordinal);
        for (string? last = null; names.TryDequeue(out var name, out _); last = name)
            if (name != last)
                yield return name;
    }

    private static DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic Describe(Topic topic, List<Partition> page, int nodeId) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        Partitions = page.ConvertAll(partition => new DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition
        {
            PartitionIndex = partition.Index,
            LeaderId = nodeId,
            LeaderEpoch = 0,
            ReplicaNodes = [nodeId],
            IsrNodes = [nodeId],
            EligibleLeaderReplicas = [],
            LastKnownElr = [],
        }),
    };
}
