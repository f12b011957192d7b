using System.Buffers.Binary;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Members of the consumer protocol, each with a subscription that takes long to find the topics of.</summary>
/// <param name="name">In the table and for <c>--only</c>.</param>
/// <param name="description">What it does, in a line.</param>
/// <param name="heartbeats">How many a round has.</param>
/// <param name="heartbeat">The n-th of a round.</param>
internal sealed class Heartbeats(string name, string description, int heartbeats, Func<int, ConsumerGroupHeartbeatRequest> heartbeat)
    : Attack(name, description)
{
    private const int Names = 10_000;

    /// <summary>Patterns that a linear engine takes long for.</summary>
    public static readonly string[] SlowPatterns =
    [
        "((a{1,30}){1,30}){1,30}", "(a|b)*a(a|b){200}", "(a|b)*a(a|b){1000}", string.Concat(Enumerable.Repeat(".*a", 300)), "(.{1,100}){1,100}", "(\\w|a){1,300}\\d", "(.*.*.*.*.*.*)*a{50}b",
        "[ab]*[ab]{99}[ab]{99}[ab]{99}c",
    ];

    public static Attack WithSlowPatterns() => new Heartbeats("patterns", "subscriptions with regular expressions that are large when written out", SlowPatterns.Length, i =>
    {
        var heartbeat = GroupRequests.Heartbeat($"p{Random.Shared.Next(1000)}", $"m{Random.Shared.Next(1000)}");
        heartbeat.SubscribedTopicRegex = SlowPatterns[i];
        return heartbeat;
    });

    /// <summary>Patterns of many different characters and classes, which engines that know all of Unicode take long and much memory for; each in a group of its own.</summary>
    public static Attack WithManyCharacters() => new Heartbeats("characters", "subscriptions with regular expressions of hundreds of different characters and classes, each in another group", 20, i =>
    {
        var heartbeat = GroupRequests.Heartbeat($"c{Random.Shared.Next(10_000)}", $"m{i}");
        heartbeat.SubscribedTopicRegex = i % 2 == 0
            ? string.Concat(Enumerable.Range(0, 300).Select(c => (char)(0x400 + i + c * 13)))
            : string.Concat(Enumerable.Range(0, 100).Select(c => $"[{(char)(0x400 + c * 7)}-{(char)(0x404 + i + c * 7)}]*"));
        return heartbeat;
    });

    /// <summary>Members that subscribe to thousands of other names with each heartbeat.</summary>
    public static Attack WithOtherNames() => new Heartbeats("fickle", $"members that subscribe to {Names} other names with each heartbeat", 20, _ =>
    {
        var first = Random.Shared.Next(1_000_000);
        var heartbeat = GroupRequests.Heartbeat($"f{first % 8}", "m");
        heartbeat.SubscribedTopicNames = [.. Enumerable.Range(first, Names).Select(name => $"topic-{name}")];
        return heartbeat;
    });

    /// <summary>A crowd that joins and leaves one group, each member interested in the wide topic.</summary>
    public static Attack OfACrowd() => new Heartbeats("crowd", "members of the consumer protocol that come and go, subscribed to the widest topic", 50, i =>
    {
        var heartbeat = GroupRequests.Heartbeat("crowd", $"m{Random.Shared.Next(1500)}");
        heartbeat.MemberEpoch = i % 5 == 4 ? -1 : 0;
        heartbeat.SubscribedTopicNames = i % 2 == 0 ? [Target.Wide] : [Target.Wide, Target.Narrow];
        return heartbeat;
    });

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        for (var i = 0; i < heartbeats; i++)
            await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(heartbeat(i), stop: stop);
    }
}

/// <summary>Classic members whose subscriptions name millions of topics without a name.</summary>
internal sealed class EmptySubscriptions(int bytes = 4_000_000)
    : Attack("subscriptions", $"JoinGroup with a subscription of {bytes / 2} empty names")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var subscription = new byte[6 + bytes];
        BinaryPrimitives.WriteInt32BigEndian(subscription.AsSpan(2), bytes / 2);
        var join = GroupRequests.Join($"s{Random.Shared.Next(10)}", [new() { Name = "range", Metadata = subscription }]);
        await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(join, version: 3, stop);
    }
}
