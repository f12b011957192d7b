using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>A transaction that names ever more groups.</summary>
internal sealed class EndlessTransaction(int idLength = 30_000)
    : Attack("transaction", $"AddOffsetsToTxn with ids of {idLength} and of 900 characters, again and again", clients: 1)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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
internal sealed class ManyGroups()
    : Attack("groups", "JoinGroup and OffsetCommit, each for another group, with 100 KB of metadata")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        for (var i = 0; i < 100; i++)
        {
            var group = $"{Guid.NewGuid()}";
            var join = GroupRequests.Join(group, [new() { Name = "p", Metadata = new byte[100_000] }]);
            (join.SessionTimeoutMs, join.RebalanceTimeoutMs) = (1_800_000, int.MaxValue);
            await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(join, version: 3, stop);
            await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
            {
                GroupId = group + "-offsets",
                Topics = [new() { Name = Target.Wide, Partitions = [.. Enumerable.Range(0, 100).Select(index => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = index, CommittedMetadata = new string('m', 4000) })] }],
            }, version: 8, stop);
        }
    }
}

/// <summary>Topics that are created one after the other, and deleted together.</summary>
internal sealed class ManyTopics(int topics = 1000)
    : Attack("topics", $"CreateTopics of one topic after the other, and DeleteTopics of each {topics}")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var names = new List<string>();
        for (var i = 0; i < topics; i++)
        {
            names.Add($"{Guid.NewGuid()}");
            await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new() { TimeoutMs = 1000, Topics = [new() { Name = names[i], NumPartitions = 1, ReplicationFactor = 1 }] }, stop: stop);
        }
        await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { TimeoutMs = 1000, Topics = [.. names.Select(name => new DeleteTopicsRequest.DeleteTopicState { Name = name })] }, stop: stop);
    }
}

/// <summary>Each batch of another producer.</summary>
internal sealed class ManyProducers()
    : Attack("producers", "idempotent batches, each of another producer id")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
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
internal sealed class TwiceAndEscapes()
    : Attack("twice", "requests that name members, topics, configs twice, with terminal sequences in them")
{
    public const string Forged = "\r\nError: all data is lost\u001b[2J\u001b[31m";

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var join = GroupRequests.Join(Forged + Random.Shared.Next(), [new() { Name = "p" }, new() { Name = "p" }]);
        join.ProtocolType = Forged;
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(join, version: 3, stop);
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
