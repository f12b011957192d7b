using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Groups that are larger, or ask for more, than any application's.</summary>
public sealed class HostileGroupTests
{
    [Fact]
    public async Task A_group_of_a_hundred_thousand_partitions_settles_and_others_are_served_meanwhile()
    {
        const int Topics = 10;
        const int Partitions = 10_000;
        await using var victim = await Victim.StartAsync(options: new BrokerOptions { MaxPartitions = Topics * Partitions + 1000 });
        for (var topic = 0; topic < Topics; topic++)
            await victim.Broker.CreateTopicAsync($"many{topic}", Partitions);
        using var client = await victim.ConnectAsync();
        using var other = await victim.ConnectAsync();

        var member = await BeatAsync(client, 0, pattern: "many.*", owned: []);
        while (member.Assignment is null || member.Assignment.TopicPartitions.Sum(topic => topic.Partitions.Count) < Topics * Partitions)
        {
            member.ErrorCode.Should().Be(ErrorCode.None);
            (await other.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = Target.Narrow }] }, version: 9).WaitAsync(Clients.Client.Patience)).Topics.Should().ContainSingle();
            await Task.Delay(TimeSpan.FromMilliseconds(member.HeartbeatIntervalMs), TimeProvider.System, TestContext.Current.CancellationToken);
            member = await BeatAsync(client, member.MemberEpoch);
        }

        victim.Log.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task Members_beyond_a_thousand_are_refused_whatever_they_subscribe_with()
    {
        await using var victim = await Victim.StartAsync(options: new BrokerOptions { ConsumerSessionTimeout = TimeSpan.FromMinutes(10) });
        using var client = await victim.ConnectAsync();

        for (var index = 0; index < 1000; index++)
            (await BeatAsync(client, 0, index % 2 == 0 ? "nar.*" : "wide", [], $"m{index}")).ErrorCode.Should().Be(ErrorCode.None);

        (await BeatAsync(client, 0, "nar.*", [], "one-more")).ErrorCode.Should().Be(ErrorCode.GroupMaxSizeReached);
    }

    [Fact]
    public async Task Epochs_and_timeouts_that_there_are_not_are_refused_without_an_error_of_ours()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        foreach (var epoch in new[] { int.MinValue, -3, int.MaxValue })
            (await BeatAsync(client, epoch, "nar.*", [])).ErrorCode.Should().NotBe(ErrorCode.None);
        foreach (var owned in new List<int>[] { [-1], [int.MaxValue], [.. Enumerable.Range(0, 50_000)] })
            (await BeatAsync(client, 0, "nar.*", owned)).ErrorCode.Should().BeOneOf(ErrorCode.None, ErrorCode.InvalidRequest);

        victim.Log.Errors.Should().BeEmpty();
    }

    private static Task<ConsumerGroupHeartbeatResponse> BeatAsync(AttackClient client, int epoch, string? pattern = null, List<int>? owned = null, string member = "m") =>
        client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
        {
            GroupId = "g",
            MemberId = member,
            MemberEpoch = epoch,
            RebalanceTimeoutMs = pattern is null ? -1 : 60_000,
            SubscribedTopicRegex = pattern,
            TopicPartitions = owned is null ? null : owned.Count == 0 ? [] : [new() { TopicId = Guid.NewGuid(), Partitions = owned }],
        }).WaitAsync(Clients.Client.Patience);
}
