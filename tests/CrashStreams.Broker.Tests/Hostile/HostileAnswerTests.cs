using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>An answer is never many times as large as what it answers and what the broker has, and there is a largest one.</summary>
public sealed class HostileAnswerTests
{
    [Fact]
    public async Task What_a_question_names_again_is_answered_once()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var metadata = await client.AskAsync<MetadataRequest, MetadataResponse>(new RepeatedTopic(400).Metadata(), version: 9);
        var configs = await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [Resource(), Resource()] });
        var groups = await client.AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(new() { Groups = ["g", "g"] });
        var offsets = await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [Group(), Group()] }, version: 9);

        metadata.Topics.Should().ContainSingle().Which.Partitions.Should().HaveCount(victim.Target.WidePartitions);
        configs.Results.Should().ContainSingle();
        groups.Groups.Should().ContainSingle();
        offsets.Groups.Should().ContainSingle().Which.Topics[0].Partitions.Should().ContainSingle();

        static DescribeConfigsRequest.DescribeConfigsResource Resource() => new() { ResourceType = 2, ResourceName = Target.Wide };
        static OffsetFetchRequest.OffsetFetchRequestGroup Group() => new() { GroupId = "g", Topics = [new() { Name = Target.Narrow, PartitionIndexes = [0, 0, 0] }] };
    }

    [Fact]
    public async Task What_does_not_fit_into_an_answer_is_answered_with_an_error()
    {
        await using var victim = await Victim.StartAsync(new Limits { AnswerBytes = 12_000 });
        await victim.Broker.CreateTopicAsync("other", victim.Target.WidePartitions);
        using var client = await victim.ConnectAsync();

        var all = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9);
        var configs = await client.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(new() { Resources = [new() { ResourceType = 2, ResourceName = Target.Wide }] });

        all.Topics.Select(topic => (topic.Name, topic.ErrorCode)).Should().Equal(("narrow", ErrorCode.None), ("other", ErrorCode.None), ("wide", ErrorCode.InvalidRequest));
        configs.Results[0].ErrorCode.Should().Be(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task An_answer_above_the_limit_is_not_sent_and_the_log_names_the_request()
    {
        await using var victim = await Victim.StartAsync(new Limits { AnswerBytes = 400 });
        using var client = await victim.ConnectAsync();

        await client.SendAsync(new FindCoordinatorRequest { CoordinatorKeys = [.. Enumerable.Range(0, 100).Select(i => $"group-{i}")] });

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
        victim.Log.Errors.Should().Contain(line => line.Contains("FindCoordinator", StringComparison.Ordinal) && line.Contains("400 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Offsets_with_metadata_fill_an_answer_only_so_far()
    {
        await using var victim = await Victim.StartAsync(new Limits { AnswerBytes = 100_000 });
        using var client = await victim.ConnectAsync();
        var committed = await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = "g",
            Topics = [new() { Name = Target.Wide, Partitions = [.. Enumerable.Range(0, 200).Select(index => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = index, CommittedMetadata = new string('m', 4000) })] }],
        }, version: 8);

        var fetched = await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { Groups = [new() { GroupId = "g", Topics = null }] }, version: 9);

        committed.Topics[0].Partitions.Should().OnlyContain(partition => partition.ErrorCode == ErrorCode.None);
        fetched.Groups[0].Topics[0].Partitions.Should().Contain(partition => partition.ErrorCode == ErrorCode.None && partition.Metadata!.Length == 4000);
        fetched.Groups[0].Topics[0].Partitions.Should().Contain(partition => partition.ErrorCode == ErrorCode.InvalidRequest && partition.Metadata!.Length == 0);
    }
}
