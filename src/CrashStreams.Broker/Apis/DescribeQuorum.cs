using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The quorum of controllers: this node alone, always caught up.</summary>
internal static class DescribeQuorum
{
    private const string MetadataTopic = "__cluster_metadata";

    public static DescribeQuorumResponse Handle(DescribeQuorumRequest request, BrokerCore core) => new()
    {
        ErrorMessage = null,
        Topics = request.Topics.ConvertAll(topic => new DescribeQuorumResponse.TopicData
        {
            TopicName = topic.TopicName,
            Partitions = topic.Partitions.ConvertAll(partition => Describe(topic.TopicName, partition.PartitionIndex, core)),
        }),
        Nodes = [new() { NodeId = core.Node.Id, Listeners = [new() { Name = "PLAINTEXT", Host = core.Node.Host, Port = (ushort)core.Node.Port }] }],
    };

    private static DescribeQuorumResponse.PartitionData Describe(string topic, int index, BrokerCore core)
    {
        if (topic != MetadataTopic || index != 0)
            return new() { PartitionIndex = index, ErrorCode = ErrorCode.UnknownTopicOrPartition, ErrorMessage = null, LeaderId = -1, LeaderEpoch = -1, HighWatermark = -1 };
        var nowMs = core.Timers.NowMs;
        return new()
        {
            PartitionIndex = 0,
            ErrorMessage = null,
            LeaderId = core.Node.Id,
            CurrentVoters = [new() { ReplicaId = core.Node.Id, LastFetchTimestamp = nowMs, LastCaughtUpTimestamp = nowMs }],
        };
    }
}
