using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>
/// A KIP-848 member as a client library would be it: it takes what it is given, gives up at once what it must, confirms with its next
/// heartbeat, and joins again when it is fenced.
/// </summary>
internal sealed class ConsumerClient(CoordinatorHost host, string memberId, string? instanceId = null)
{
    private bool _hasNews = true;

    public string MemberId => memberId;

    public int Epoch { get; set; }

    public HashSet<TopicIdPartition> Owned { get; } = [];

    public List<string>? Topics { get; set; } = ["t"];

    public string? Pattern { get; set; }

    public string? Assignor { get; set; }

    public ConsumerGroupHeartbeatResponse Last { get; private set; } = new();

    /// <summary>The epoch at which each partition was taken; to be compared between members.</summary>
    public Dictionary<TopicIdPartition, int> TakenAt { get; } = [];

    public ErrorCode Beat(bool losesAnswer = false, bool ignoresAssignment = false)
    {
        var isJoin = Epoch == 0;
        var request = new ConsumerGroupHeartbeatRequest { GroupId = "g", MemberId = memberId, MemberEpoch = Epoch, InstanceId = instanceId };
        if (isJoin || _hasNews)
        {
            request.RebalanceTimeoutMs = 60_000;
            request.SubscribedTopicNames = Topics;
            request.SubscribedTopicRegex = Pattern;
            request.ServerAssignor = Assignor;
            request.TopicPartitions =
            [
                .. Owned.GroupBy(partition => partition.TopicId, partition => partition.Partition)
                    .Select(topic => new ConsumerGroupHeartbeatRequest.TopicPartitionsData { TopicId = topic.Key, Partitions = [.. topic] }),
            ];
        }
        var response = ConsumerGroupHeartbeat.Handle(request, 1, new ClientIdentity("client", "/127.0.0.1"), UserAccess.Everything, host.Groups);
        // A client that heard nothing sends everything again.
        _hasNews = losesAnswer;
        if (losesAnswer)
            return response.ErrorCode;
        Last = response;
        if (response.ErrorCode is ErrorCode.FencedMemberEpoch or ErrorCode.UnknownMemberId or ErrorCode.GroupIdNotFound)
        {
            Owned.Clear();
            Epoch = 0;
        }
        else if (response.ErrorCode == ErrorCode.None)
        {
            Epoch = response.MemberEpoch;
            if (!ignoresAssignment)
                Take(response.Assignment);
        }
        return response.ErrorCode;
    }

    public void SendAllNext() => _hasNews = true;

    public ErrorCode Leave(int epoch = -1)
    {
        var request = new ConsumerGroupHeartbeatRequest { GroupId = "g", MemberId = memberId, MemberEpoch = epoch, InstanceId = instanceId };
        Last = ConsumerGroupHeartbeat.Handle(request, 1, default, UserAccess.Everything, host.Groups);
        Owned.Clear();
        Epoch = 0;
        return Last.ErrorCode;
    }

    private void Take(ConsumerGroupHeartbeatResponse.AssignmentData? assignment)
    {
        if (assignment is null)
            return;
        var given = assignment.TopicPartitions.SelectMany(topic => topic.Partitions.Select(partition => new TopicIdPartition(topic.TopicId, partition))).ToHashSet();
        if (given.SetEquals(Owned))
            return;
        Owned.Clear();
        Owned.UnionWith(given);
        _hasNews = true;
    }
}
