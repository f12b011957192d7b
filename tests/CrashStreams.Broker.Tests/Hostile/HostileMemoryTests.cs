using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>A connection holds only so much; then its next requests wait until its answers are sent.</summary>
public sealed class HostileMemoryTests
{
    private const int Requests = 900;

    [Fact]
    public async Task Requests_whose_answers_nobody_reads_wait_and_are_all_answered_in_order_once_somebody_does()
    {
        await using var victim = await Victim.StartAsync(new Limits { ConnectionBytes = 256 * 1024 });
        using var client = await victim.ConnectAsync();
        using var other = await victim.ConnectAsync();
        var most = 0L;

        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Requests; i++)
                await client.SendAsync(new MetadataRequest { Topics = null }, version: 9);
        });
        // Others are served meanwhile; what is held has settled when it has not grown for a while.
        for (var looks = 0; looks < 200; looks++)
        {
            await other.AskAsync<ApiVersionsRequest, ApiVersionsResponse>(new() { ClientSoftwareName = "test", ClientSoftwareVersion = "1" });
            most = Math.Max(most, victim.Broker.HeldByConnections);
        }
        for (var i = 0; i < Requests; i++)
            (await client.ReadAsync<MetadataResponse>(version: 9).WaitAsync(Clients.Client.Patience)).Topics.Should().HaveCount(2);
        await sending;

        most.Should().BePositive().And.BeLessThan(2 * 1024 * 1024);
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections < 128 * 1024, "all answers are sent");
    }

    /// <summary>What answers are made of is many small objects, and the collector, for which everybody waits, looks at each.</summary>
    [Fact]
    public async Task Large_answers_are_made_when_those_before_them_are_sent()
    {
        await using var victim = await Victim.StartAsync();
        await victim.Broker.CreateTopicAsync("wider", 5_000);
        using var client = await victim.ConnectAsync();
        var most = 0L;

        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Requests; i++)
                await client.SendAsync(new MetadataRequest { Topics = null }, version: 9);
        });
        // Of the answer that is being sent what the socket has not taken yet is held until somebody reads: a part of it, as large as chance will have it.
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections > 0, "nobody reads the answers");
        for (var i = 0; i < Requests; i++)
        {
            (await client.ReadAsync<MetadataResponse>(version: 9).WaitAsync(Clients.Client.Patience)).Topics.Should().HaveCount(3);
            most = Math.Max(most, victim.Broker.HeldByConnections);
        }
        await sending;

        most.Should().BeLessThan(4 * 1024 * 1024, "two answers of about a megabyte are there at a time");
    }

    [Fact]
    public async Task What_a_client_held_is_free_when_it_leaves()
    {
        await using var victim = await Victim.StartAsync(new Limits { ConnectionBytes = 1024 * 1024 });

        for (var i = 0; i < 5; i++)
        {
            using var client = await victim.ConnectAsync();
            await client.SendBytesAsync(Repeat(client.Frame(new MetadataRequest { Topics = null }, version: 9), 200));
            using var large = await victim.ConnectAsync();
            await large.SendBytesAsync(new byte[] { 0, 0x40, 0, 0, 0, 0 }); // 4 MiB of Produce are announced
            await large.SendBytesAsync(new byte[1024 * 1024]);
        }

        await victim.UntilAsync(_ => victim.Broker.HeldByConnections == 0, "nobody is connected");
    }

    [Fact]
    public async Task A_request_larger_than_what_all_connections_may_hold_is_served_when_others_hold_little()
    {
        await using var victim = await Victim.StartAsync(new Limits { AllConnectionsBytes = 1024 * 1024, ConnectionBytes = 128 * 1024, ConnectionBytesWhenFull = 64 * 1024 });
        await victim.Broker.CreateTopicAsync("large", 1, new Dictionary<string, string> { ["max.message.bytes"] = "10000000" });
        using var client = await victim.ConnectAsync();
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordField.Null, new byte[4 * 1024 * 1024]);

        var answer = await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = 1,
            TimeoutMs = 1000,
            TopicData = [new() { Name = "large", PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }],
        }, version: 9).WaitAsync(Clients.Client.Patience);

        answer.Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
    }

    /// <summary>Threads are few, and each was copying megabytes while others waited: 170 ms beside eight clients with 30 MB each.</summary>
    [Fact]
    public async Task The_memory_of_large_requests_grows_for_one_client_at_a_time()
    {
        await using var victim = await Victim.StartAsync();
        await victim.Broker.CreateTopicAsync("large", 1, new Dictionary<string, string> { ["max.message.bytes"] = "10000000" });
        using var client = await victim.ConnectAsync();
        using var other = await victim.ConnectAsync();
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordField.Null, new byte[4 * 1024 * 1024]);
        var request = new ProduceRequest { Acks = 1, TimeoutMs = 1000, TopicData = [new() { Name = "large", PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }] };
        var place = await victim.Broker.LargeGrowth.EnterAsync(); // as if another client's grew

        var answer = client.AskAsync<ProduceRequest, ProduceResponse>(request, version: 9);
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections > 1024 * 1024, "a part of it has come");
        await other.AskAsync<ApiVersionsRequest, ApiVersionsResponse>(new() { ClientSoftwareName = "test", ClientSoftwareVersion = "1" });
        victim.Broker.HeldByConnections.Should().BeLessThan(4 * 1024 * 1024);
        answer.IsCompleted.Should().BeFalse();
        place.Dispose();

        (await answer.WaitAsync(Clients.Client.Patience)).Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
    }

    [Fact]
    public async Task Half_requests_that_hold_all_memory_do_not_keep_others_waiting()
    {
        await using var victim = await Victim.StartAsync(new Limits
        {
            AllConnectionsBytes = 4 * 1024 * 1024, ConnectionBytes = 4 * 1024 * 1024, ConnectionBytesWhenFull = 64 * 1024, WhenMemoryIsShort = TimeSpan.FromMilliseconds(500),
        });
        var hoarders = new List<AttackClient>();
        for (var i = 0; i < 8; i++)
        {
            hoarders.Add(await victim.ConnectAsync());
            await hoarders[i].SendBytesAsync(new byte[] { 0, 0x20, 0, 0, 0, 0 }); // 2 MiB of Produce are announced
            await hoarders[i].SendBytesAsync(new byte[700 * 1024]);
        }
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections > 2 * 1024 * 1024, "they hold what they sent");
        using var client = await victim.ConnectAsync();
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordField.Null, new byte[800 * 1024]);

        // Long before the 60 s after which half a request is too old.
        var answer = await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = 1,
            TimeoutMs = 1000,
            TopicData = [new() { Name = Target.Narrow, PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }],
        }, version: 9).WaitAsync(TimeSpan.FromSeconds(30));

        answer.Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
        hoarders.ForEach(hoarder => hoarder.Dispose());
    }

    [Fact]
    public async Task Requests_behind_a_waiting_fetch_are_answered_behind_it()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        await client.SendAsync(new FetchRequest { MaxWaitMs = 60_000, MinBytes = 1, Topics = [new() { Topic = Target.Narrow, Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 11);
        for (var i = 0; i < 3; i++)
            await client.SendAsync(new ListOffsetsRequest { Topics = [new() { Name = Target.Narrow, Partitions = [new() { Timestamp = -1 }] }] }, version: 7);
        await victim.UntilAsync(core => core.Topics.Find(Target.Narrow)!.Partitions[0].WaitingCount == 1, "the fetch waits");

        await victim.Broker.AppendAsync(Target.Narrow, 0, (null, new byte[10]));

        (await client.ReadAsync<FetchResponse>(version: 11).WaitAsync(Clients.Client.Patience)).Responses[0].Partitions[0].Records.Length.Should().BePositive();
        for (var i = 0; i < 3; i++)
            (await client.ReadAsync<ListOffsetsResponse>(version: 7).WaitAsync(Clients.Client.Patience)).Topics[0].Partitions[0].Offset.Should().Be(1);
    }

    private static byte[] Repeat(byte[] frame, int times)
    {
        var frames = new byte[times * frame.Length];
        for (var i = 0; i < times; i++)
            frame.CopyTo(frames, i * frame.Length);
        return frames;
    }
}
