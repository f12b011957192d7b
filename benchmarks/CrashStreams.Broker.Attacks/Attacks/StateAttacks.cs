using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>A transaction that names ever more groups.</summary>
internal sealed class EndlessTransaction(int idLength = 30_000) : Attack
{
    public override string Name => "transaction";

    public override string Description => $"AddOffsetsToTxn with ids of {idLength} and of 900 characters, again and again";

    public override int Clients => 1;

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var id = $"x{Random.Shared.Next(1000)}";
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = id, TransactionTimeoutMs = 60_000 }, version: 4, stop);
        for (var i = 0; i < 2000; i++)
            await client.AskAsync<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse>(new()
            {
                TransactionalId = id,
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                GroupId = $"{i}-".PadRight(i % 2 == 0 ? idLength : 900, 'g'),
            }, stop: stop);
    }
}

/// <summary>Groups without number, each with a member that brings much.</summary>
internal sealed class ManyGroups : Attack
{
    public override string Name => "groups";

    public override string Description => "JoinGroup and OffsetCommit, each for another group, with 100 KB of metadata";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        for (var i = 0; i < 100; i++)
        {
            var group = $"{Guid.NewGuid()}";
            await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new()
            {
                GroupId = group,
                SessionTimeoutMs = 1_800_000,
                RebalanceTimeoutMs = int.MaxValue,
                ProtocolType = "consumer",
                Protocols = [new() { Name = "p", Metadata = new byte[100_000] }],
            }, version: 3, stop);
            await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
            {
                GroupId = group + "-offsets",
                Topics = [new() { Name = Target.Wide, Partitions = [.. Enumerable.Range(0, 100).Select(index => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = index, CommittedMetadata = new string('m', 4000) })] }],
            }, version: 8, stop);
        }
    }
}

/// <summary>Each batch of another producer.</summary>
internal sealed class ManyProducers : Attack
{
    public override string Name => "producers";

    public override string Description => "idempotent batches, each of another producer id";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        for (var i = 0; i < 1000; i++)
            await client.AskAsync<ProduceRequest, ProduceResponse>(Request(Random.Shared.NextInt64(1L << 40)), version: 9, stop);
    }

    private static ProduceRequest Request(long producerId)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchHeader { ProducerId = producerId, ProducerEpoch = 0, BaseSequence = 0 });
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, "v"u8.ToArray());
        return new() { Acks = 1, TimeoutMs = 1000, TopicData = [new() { Name = Target.Narrow, PartitionData = [new() { Index = 0, Records = new RecordsField(builder.Build().ToArray()) }] }] };
    }
}

/// <summary>Names everything twice where a name should be unique, with line ends and escape sequences in the texts.</summary>
internal sealed class TwiceAndEscapes : Attack
{
    public const string Forged = "\r\nError: all data is lost\u001b[2J\u001b[31m";

    public override string Name => "twice";

    public override string Description => "requests that name members, topics, configs twice, with terminal sequences in them";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new()
        {
            GroupId = Forged + Random.Shared.Next(),
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 10_000,
            ProtocolType = Forged,
            Protocols = [new() { Name = "p" }, new() { Name = "p" }],
        }, version: 3, stop);
        await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new()
        {
            GroupId = Forged,
            GenerationId = joined.GenerationId,
            MemberId = joined.MemberId,
            Assignments = [new() { MemberId = joined.MemberId }, new() { MemberId = joined.MemberId }],
        }, version: 3, stop);
        await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = Forged }, new() { Name = Forged }] }, stop: stop);
        await client.SendBytesAsync("\0\0\0\u000a\u007f\u007f\0\0\0\0\0\u0001\u00ff\u00ff"u8.ToArray(), stop);
        await client.IsClosedAsync(TimeSpan.FromSeconds(1));
    }
}
