using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Requests that name as much as a request can: each API that takes a list.</summary>
internal sealed class LongLists(int length = 100_000)
    : Attack("lists", $"OffsetForLeaderEpoch, OffsetFetch, ElectLeaders, DescribeTopicPartitions, LeaveGroup, DescribeProducers and others that name {length} things")
{
    private IEnumerable<int> Indexes => Enumerable.Range(0, length);

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        await client.AskAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(new()
        {
            Topics = [new() { Topic = Target.Narrow, Partitions = [.. Indexes.Select(index => new OffsetForLeaderEpochRequest.OffsetForLeaderPartition { Partition = index })] }],
        }, stop: stop);
        await client.AskAsync<OffsetFetchRequest, OffsetFetchResponse>(new() { RequireStable = true, Groups = [new() { GroupId = "unstable", Topics = [new() { Name = Target.Wide, PartitionIndexes = [.. Indexes] }] }] }, version: 8, stop);
        await client.AskAsync<ElectLeadersRequest, ElectLeadersResponse>(new() { TopicPartitions = [new() { Topic = Target.Wide, Partitions = [.. Indexes] }] }, stop: stop);
        await client.AskAsync<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(new()
        {
            ResponsePartitionLimit = 2000,
            Topics = [.. Indexes.Select(_ => new DescribeTopicPartitionsRequest.TopicRequest { Name = $"{Random.Shared.Next()}" })],
        }, stop: stop);
        await client.AskAsync<LeaveGroupRequest, LeaveGroupResponse>(new() { GroupId = "g", Members = [.. Indexes.Select(index => new LeaveGroupRequest.MemberIdentity { MemberId = $"m{index}" })] }, stop: stop);
        await client.AskAsync<DescribeProducersRequest, DescribeProducersResponse>(new() { Topics = [new() { Name = Target.Wide, PartitionIndexes = [.. Indexes] }] }, stop: stop);
        await client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = [.. Indexes.Select(index => $"t{index}")] }, stop: stop);
        await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { CoordinatorKeys = [.. Indexes.Select(index => $"t{index}")] }, stop: stop);
        await client.AskAsync<DeleteGroupsRequest, DeleteGroupsResponse>(new() { GroupsNames = [.. Indexes.Select(index => $"t{index}")] }, stop: stop);
        await client.AskAsync<OffsetCommitRequest, OffsetCommitResponse>(new()
        {
            GroupId = "lists",
            Topics = [new() { Name = Target.Wide, Partitions = [.. Indexes.Take(20_000).Select(index => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = index % target.WidePartitions })] }],
        }, version: 8, stop);
    }
}

/// <summary>A batch for each of thousands of partitions, in one request.</summary>
internal sealed class ScatteredBatches(int batches = 20_000)
    : Attack("scattered", $"Produce with {batches} batches of one record, over the widest topic")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, "v"u8.ToArray());
        var batch = new RecordsField(builder.Build().ToArray());
        await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = -1,
            TimeoutMs = 10_000,
            TopicData = [new() { Name = Target.Wide, PartitionData = [.. Enumerable.Range(0, batches).Select(i => new ProduceRequest.PartitionProduceData { Index = i % target.WidePartitions, Records = batch })] }],
        }, version: 9, stop);
    }
}

/// <summary>Transactions that grow by one partition at a time, and leave offsets that are not committed.</summary>
internal sealed class GrowingTransactions()
    : Attack("growing", "AddPartitionsToTxn of one partition after the other in one request, TxnOffsetCommit for all partitions by many producers")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var id = $"y{Random.Shared.Next(2000)}";
        var producer = await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = id, TransactionTimeoutMs = 60_000 }, version: 4, stop);
        await client.AskAsync<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(new()
        {
            Transactions =
            [
                .. Enumerable.Range(0, target.WidePartitions).Select(index => new AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction
                {
                    TransactionalId = id,
                    ProducerId = producer.ProducerId,
                    ProducerEpoch = producer.ProducerEpoch,
                    Topics = [new() { Name = Target.Wide, Partitions = [index] }],
                }),
            ],
        }, version: 4, stop);
        await client.AskAsync<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(new()
        {
            TransactionalId = id,
            GroupId = "unstable",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Topics = [new() { Name = Target.Wide, Partitions = [.. Enumerable.Range(0, target.WidePartitions).Select(index => new TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition { PartitionIndex = index })] }],
        }, version: 5, stop);
    }
}

/// <summary>Topics that come and go with configs of all kinds, and one resource with a hundred thousand.</summary>
internal sealed class ManyConfigs(int configs = 50_000)
    : Attack("configs", $"CreateTopics, AlterConfigs and IncrementalAlterConfigs with {configs} configs, DeleteTopics of what is not there")
{
    private IEnumerable<int> Indexes => Enumerable.Range(0, configs);

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
        {
            TimeoutMs = 1000,
            Topics = [new() { Name = $"new{Random.Shared.Next()}", NumPartitions = 1, ReplicationFactor = 1, Configs = [.. Indexes.Select(index => new CreateTopicsRequest.CreatableTopicConfig { Name = $"c{index}", Value = "v" })] }],
        }, stop: stop);
        await client.AskAsync<AlterConfigsRequest, AlterConfigsResponse>(new()
        {
            Resources = [new() { ResourceType = 2, ResourceName = Target.Narrow, Configs = [.. Indexes.Select(index => new AlterConfigsRequest.AlterableConfig { Name = $"c{index}", Value = "v" })] }],
        }, stop: stop);
        await client.AskAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new()
        {
            Resources = [new() { ResourceType = 2, ResourceName = Target.Narrow, Configs = [.. Indexes.Select(_ => new IncrementalAlterConfigsRequest.AlterableConfig { Name = "retention.ms", Value = "1000000" })] }],
        }, stop: stop);
        await client.AskAsync<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [.. Indexes.Select(index => new DeleteTopicsRequest.DeleteTopicState { Name = $"no{index}" })] }, stop: stop);
        await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
        {
            TimeoutMs = 1000,
            ValidateOnly = true,
            Topics = [.. Indexes.Select(index => new CreateTopicsRequest.CreatableTopic { Name = $"new{index}", NumPartitions = 1, ReplicationFactor = 1 })],
        }, stop: stop);
    }
}

/// <summary>Fetches of a whole wide topic that has records, whose answers are taken a byte at a time.</summary>
internal sealed class SlowReaders()
    : Attack("slow", "fetches of 20,000 partitions, and answers taken a few bytes at a time", clients: 16)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var frame = client.Frame(new FetchRequest
        {
            MaxWaitMs = 100,
            MinBytes = 0,
            Topics = [new() { Topic = Target.Wide, Partitions = [.. Enumerable.Range(0, 20_000).Select(index => new FetchRequest.FetchPartition { Partition = index, PartitionMaxBytes = 1_000_000 })] }],
        }, version: 11);
        for (var i = 0; i < 20; i++)
        {
            await client.SendBytesAsync(frame, stop);
            for (var read = 0; read < 10; read++)
            {
                await client.ReadSomeAsync(16, stop);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop);
            }
        }
    }
}
