using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>No request makes the broker work for much longer than it took to send.</summary>
public sealed class HostileWorkTests
{
    /// <summary>Far more than any of it takes on a busy machine, and far less than it took.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_session_of_many_partitions_is_forgotten_as_fast_as_it_was_made()
    {
        await using var victim = await Victim.StartAsync(new Server.Limits { FetchPartitions = 100_000 });

        await new ForgottenInReverse(100_000).RoundAsync(victim.Target, default).WaitAsync(s_soon);

        victim.Log.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task A_fetch_of_more_partitions_than_a_broker_has_is_refused()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var answer = await client.AskAsync<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 1,
            Topics = [new() { Topic = Target.Narrow, Partitions = [.. Enumerable.Range(0, 20_001).Select(index => new FetchRequest.FetchPartition { Partition = index })] }],
        }, version: 11);

        answer.ErrorCode.Should().Be(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task Orders_that_name_something_twice_are_refused_for_it_as_Kafka_does()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var listed = await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = Target.Narrow, Partitions = [new() { Timestamp = 1 }, new() { Timestamp = 2 }] }] });
        var deleted = await client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(new() { Topics = [new() { Name = Target.Narrow, Partitions = [new(), new()] }] });
        var topics = await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = Target.Narrow }, new() { Name = Target.Narrow }] });
        var grown = await client.AskAsync<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = Target.Narrow, Count = 2 }, new() { Name = Target.Narrow, Count = 3 }] });

        listed.Topics[0].Partitions.Should().OnlyContain(partition => partition.ErrorCode == ErrorCode.InvalidRequest);
        deleted.Topics[0].Partitions.Should().OnlyContain(partition => partition.ErrorCode == ErrorCode.InvalidRequest);
        topics.Responses.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.InvalidRequest);
        grown.Results.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task A_partition_named_a_hundred_thousand_times_is_read_once()
    {
        await using var victim = await Victim.StartAsync();
        await victim.Broker.AppendAsync(Target.Narrow, 0, (null, new byte[100]));

        await new RepeatedPartition(100_000).RoundAsync(victim.Target, default).WaitAsync(s_soon);
        using var client = await victim.ConnectAsync();
        var fetched = await client.AskAsync<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 1,
            Topics = [new() { Topic = Target.Narrow, Partitions = [new() { PartitionMaxBytes = 1000 }, new() { PartitionMaxBytes = 1000 }] }],
        }, version: 11);

        fetched.Responses.Should().ContainSingle().Which.Partitions.Should().ContainSingle();
    }

    [Fact]
    public async Task A_member_with_more_protocols_than_any_client_has_is_refused()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        var answer = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new ManyProtocols().Request("g"), version: 3).WaitAsync(s_soon);

        answer.ErrorCode.Should().Be(ErrorCode.InvalidRequest);
    }

    /// <summary>Everybody counts as one who asks too much here, so that all requests wait in the same line.</summary>
    [Fact]
    public async Task Who_has_sent_hundreds_of_requests_waits_behind_one_of_another_client()
    {
        const int Sent = 900;
        await using var victim = await Victim.StartAsync(new Server.Limits { HeavyRequestTime = TimeSpan.Zero, ShareOfLoop = 1e-9, ConnectionObjectBytes = 8 * 1024 * 1024 });
        await victim.Broker.CreateTopicAsync("wider", 2_000);
        using var many = await victim.ConnectAsync();
        using var one = await victim.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await one.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9);
            await many.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9);
        }
        await many.SendBytesAsync((byte[])[.. Enumerable.Repeat(many.Frame(new MetadataRequest { Topics = null }, version: 9), Sent).SelectMany(bytes => bytes)]);
        var answered = 0;
        var reading = Task.Run(async () =>
        {
            for (; answered < Sent; answered++)
                await many.ReadFrameAsync();
        });

        await one.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9).WaitAsync(Clients.Client.Patience);

        Volatile.Read(ref answered).Should().BeLessThan(Sent);
        await reading.WaitAsync(Clients.Client.Patience);
    }

    [Fact]
    public async Task More_elements_than_a_request_may_have_close_the_connection()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        await client.SendAsync(new MetadataRequest { Topics = [.. Enumerable.Range(0, 120_001).Select(_ => new MetadataRequest.MetadataRequestTopic { Name = "t" })] }, version: 9);

        (await client.IsClosedAsync(s_soon)).Should().BeTrue();
    }

    [Fact]
    public async Task A_request_without_records_may_not_be_as_large_as_one_with()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        await client.SendBytesAsync(new byte[] { 0, 0x90, 0, 0, 0, 3 }); // 9 MiB of Metadata are announced

        (await client.IsClosedAsync(s_soon)).Should().BeTrue();
    }

    [Fact]
    public async Task Patterns_that_are_large_when_written_out_are_refused_and_usual_ones_are_not()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();

        foreach (var pattern in Heartbeats.SlowPatterns.Where(pattern => pattern.Contains("{200}", StringComparison.Ordinal) || pattern.Contains("{1,30}", StringComparison.Ordinal) || pattern.Contains("{1,100}", StringComparison.Ordinal)))
            (await Subscribe(pattern).WaitAsync(s_soon)).Should().BeOneOf(ErrorCode.InvalidRegularExpression, ErrorCode.None);
        (await Subscribe("((a{1,30}){1,30}){1,30}")).Should().Be(ErrorCode.InvalidRegularExpression);
        (await Subscribe("(.{1,100}){1,100}")).Should().Be(ErrorCode.InvalidRegularExpression);
        (await Subscribe("(?P<tenant>[a-z]+)-\\d{4}-(orders|payments).*")).Should().Be(ErrorCode.None);

        async Task<ErrorCode> Subscribe(string pattern) => (await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
        {
            GroupId = $"g{pattern.Length}",
            MemberId = "m",
            RebalanceTimeoutMs = 1000,
            SubscribedTopicRegex = pattern,
            TopicPartitions = [],
        })).ErrorCode;
    }
}
