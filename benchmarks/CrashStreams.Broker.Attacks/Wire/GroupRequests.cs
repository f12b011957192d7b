using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Attacks.Wire;

/// <summary>How members of a group begin; what an attack makes of it is up to the attack.</summary>
internal static class GroupRequests
{
    /// <summary>Of a classic member that is not known yet.</summary>
    public static JoinGroupRequest Join(string group, List<JoinGroupRequest.JoinGroupRequestProtocol> protocols) => new()
    {
        GroupId = group,
        SessionTimeoutMs = 10_000,
        RebalanceTimeoutMs = 10_000,
        ProtocolType = "consumer",
        Protocols = protocols,
    };

    /// <summary>Of a member of the consumer protocol that joins without any partition.</summary>
    public static ConsumerGroupHeartbeatRequest Heartbeat(string group, string member) => new() { GroupId = group, MemberId = member, RebalanceTimeoutMs = 1000, TopicPartitions = [] };
}
