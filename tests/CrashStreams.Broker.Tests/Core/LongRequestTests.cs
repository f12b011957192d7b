using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Whatever a request names, the loop goes on with others in between.</summary>
public class LongRequestTests
{
    private const int Many = 4000;
    private const string Wide = "wide";

    private static readonly Dictionary<string, Func<CoreHost, Func<bool>>> s_requests = new()
    {
        ["Fetch"] = host => Send<FetchRequest, FetchResponse>(host, new()
        {
            MaxWaitMs = 0,
            Topics = [new() { Topic = Wide, Partitions = [.. Indexes.Select(index => new FetchRequest.FetchPartition { Partition = index, PartitionMaxBytes = 1000 })] }],
        }, version: 11),
        ["Produce"] = host => Send<ProduceRequest, ProduceResponse>(host, new()
        {
            Acks = -1,
            TopicData = [new() { Name = Wide, PartitionData = [.. Indexes.Take(200).Select(index => new ProduceRequest.PartitionProduceData { Index = index, Records = CoreHost.Batch("v") })] }],
        }, version: 9),
        ["OffsetFetch"] = host => Send<OffsetFetchRequest, OffsetFetchResponse>(host, new() { Groups = [new() { GroupId = "g", Topics = [new() { Name = Wide, PartitionIndexes = [.. Indexes] }] }] }, version: 8),
        ["OffsetFetch of one group"] = host => Send<OffsetFetchRequest, OffsetFetchResponse>(host, new() { GroupId = "g", Topics = [new() { Name = Wide, PartitionIndexes = [.. Indexes] }] }, version: 7),
        ["OffsetForLeaderEpoch"] = host => Send<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(host, new()
        {
            Topics = [new() { Topic = Wide, Partitions = [.. Indexes.Select(index => new OffsetForLeaderEpochRequest.OffsetForLeaderPartition { Partition = index })] }],
        }),
        ["ElectLeaders"] = host => Send<ElectLeadersRequest, ElectLeadersResponse>(host, new() { TopicPartitions = [new() { Topic = Wide, Partitions = [.. Indexes] }] }),
        ["DescribeTopicPartitions"] = host => Send<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(host, new()
        {
            ResponsePartitionLimit = 100,
            Topics = [.. Indexes.Select(index => new DescribeTopicPartitionsRequest.TopicRequest { Name = $"no{index}" })],
        }),
        ["ListGroups"] = host =>
        {
            foreach (var index in Indexes)
                host.Send<OffsetCommitRequest, OffsetCommitResponse>(new() { GroupId = $"g{index}", Topics = [new() { Name = Wide, Partitions = [new() { PartitionIndex = 0 }] }] }, version: 8);
            return Send<ListGroupsRequest, ListGroupsResponse>(host, new());
        },
        ["ListTransactions"] = host =>
        {
            foreach (var index in Indexes)
                host.Send<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = $"t{index}", TransactionTimeoutMs = 60_000 }, version: 4);
            return Send<ListTransactionsRequest, ListTransactionsResponse>(host, new());
        },
        ["DescribeTransactions"] = host => Send<DescribeTransactionsRequest, DescribeTransactionsResponse>(host, new() { TransactionalIds = [.. Indexes.Select(index => $"t{index}")] }),
        ["DescribeProducers"] = host => Send<DescribeProducersRequest, DescribeProducersResponse>(host, new() { Topics = [new() { Name = Wide, PartitionIndexes = [.. Indexes] }] }),
        ["AddPartitionsToTxn"] = host => Send<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse>(host, new()
        {
            Transactions = [.. Indexes.Select(index => new AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction { TransactionalId = $"t{index}", Topics = [new() { Name = Wide, Partitions = [0] }] })],
        }, version: 4),
        ["LeaveGroup"] = host => Send<LeaveGroupRequest, LeaveGroupResponse>(host, new() { GroupId = "g", Members = [.. Indexes.Select(index => new LeaveGroupRequest.MemberIdentity { MemberId = $"m{index}" })] }),
    };

    public static TheoryData<string> Requests => [.. s_requests.Keys];

    private static IEnumerable<int> Indexes => Enumerable.Range(0, Many);

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_that_names_thousands_is_answered_in_several_turns(string name)
    {
        var host = new CoreHost(isSlow: true);
        host.CreateTopic(Wide, Many);

        var isThere = s_requests[name](host);

        isThere().Should().BeFalse("the first turn is no longer than others may wait");
        for (var turn = 0; turn < Many && !isThere(); turn++)
            host.Advance(1000);
        isThere().Should().BeTrue();
    }

    [Fact]
    public void A_long_fetch_that_found_nothing_waits_and_sees_what_comes()
    {
        var host = new CoreHost(isSlow: true);
        host.CreateTopic(Wide, Many);
        var fetch = host.Send<FetchRequest, FetchResponse>(new()
        {
            MaxWaitMs = 10 * 60 * 1000,
            MinBytes = 1,
            MaxBytes = 1000,
            Topics = [new() { Topic = Wide, Partitions = [.. Indexes.Select(index => new FetchRequest.FetchPartition { Partition = index, PartitionMaxBytes = 1000 })] }],
        }, version: 11);
        for (var turn = 0; turn < 100; turn++)
            host.Advance(10);
        fetch.IsThere.Should().BeFalse();

        host.Send<ProduceRequest, ProduceResponse>(new() { Acks = -1, TopicData = [new() { Name = Wide, PartitionData = [new() { Index = 7, Records = CoreHost.Batch("v") }] }] }, version: 9);
        for (var turn = 0; turn < Many && !fetch.IsThere; turn++)
            host.Advance(10);

        fetch.Now.Responses[0].Partitions.Should().Contain(partition => partition.PartitionIndex == 7 && partition.Records.Length > 0);
    }

    /// <summary>Each is a call of the system: 200 of 15 KB held the loop for 60 to 130 ms beside others who wrote as well.</summary>
    [Fact]
    public void Two_hundred_batches_are_appended_in_steps()
    {
        var host = new CoreHost(isSlow: true);
        host.CreateTopic(Wide, 200);

        _ = Send<ProduceRequest, ProduceResponse>(host, new()
        {
            Acks = -1,
            TopicData = [new() { Name = Wide, PartitionData = [.. Enumerable.Range(0, 200).Select(index => new ProduceRequest.PartitionProduceData { Index = index, Records = CoreHost.Batch("v") })] }],
        }, version: 9);

        host.Core.Topics.Find(Wide)!.Partitions.Count(partition => partition.Log.EndOffset == 1).Should().BeInRange(1, 100);
    }

    [Fact]
    public void A_long_produce_answers_for_every_partition()
    {
        var host = new CoreHost(isSlow: true);
        host.CreateTopic(Wide, 1000);
        var produced = host.Send<ProduceRequest, ProduceResponse>(new()
        {
            Acks = -1,
            TopicData = [new() { Name = Wide, PartitionData = [.. Enumerable.Range(0, 1001).Select(index => new ProduceRequest.PartitionProduceData { Index = index, Records = CoreHost.Batch("v") })] }],
        }, version: 9);
        for (var turn = 0; turn < Many && !produced.IsThere; turn++)
            host.Advance(10);

        var answers = produced.Now.Responses[0].PartitionResponses;
        answers.Take(1000).Should().OnlyContain(answer => answer.ErrorCode == ErrorCode.None && answer.BaseOffset == 0);
        answers[1000].ErrorCode.Should().Be(ErrorCode.UnknownTopicOrPartition);
        host.Core.Topics.Find(Wide)!.Partitions.Should().OnlyContain(partition => partition.Log.EndOffset == 1);
    }

    private static Func<bool> Send<TRequest, TResponse>(CoreHost host, TRequest request, short? version = null)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        var answer = host.Send<TRequest, TResponse>(request, version);
        return () => answer.IsThere;
    }
}
