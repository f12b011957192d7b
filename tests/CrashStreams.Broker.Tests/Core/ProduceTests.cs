using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

public class ProduceTests
{
    private readonly CoreHost _host = new();

    public ProduceTests() => _host.CreateTopic("t", 1);

    [Fact]
    public void Offsets_go_on_from_batch_to_batch()
    {
        Produce(CoreHost.Batch("a", "b")).BaseOffset.Should().Be(0);
        Produce(CoreHost.Batch("c")).BaseOffset.Should().Be(2);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-2)]
    public void Unknown_acks_are_refused(short acks) => Produce(CoreHost.Batch("a"), acks).ErrorCode.Should().Be(ErrorCode.InvalidRequiredAcks);

    [Fact]
    public void An_unknown_partition_is_said_to_be_unknown() =>
        Produce(CoreHost.Batch("a"), partition: 1).ErrorCode.Should().Be(ErrorCode.UnknownTopicOrPartition);

    [Fact]
    public void A_batch_that_was_damaged_on_the_way_is_refused()
    {
        var bytes = CoreHost.Batch("a").ToArray();
        bytes[^1] ^= 1;

        Produce(new RecordsField(bytes)).ErrorCode.Should().Be(ErrorCode.CorruptMessage);
    }

    [Fact]
    public void Two_batches_for_one_partition_are_refused()
    {
        var batch = CoreHost.Batch("a").ToArray();

        Produce(new RecordsField((byte[])[.. batch, .. batch])).ErrorCode.Should().NotBe(ErrorCode.None);
        _host.Core.Topics.Find("t")!.Partitions[0].Log.EndOffset.Should().Be(0);
    }

    [Fact]
    public void Without_acknowledgement_a_failure_closes_the_connection()
    {
        Send(CoreHost.Batch("a"), acks: 0, partition: 0).Now.Should().BeNull();
        _host.IsSessionClosed.Should().BeFalse();

        Send(CoreHost.Batch("a"), acks: 0, partition: 1);

        _host.IsSessionClosed.Should().BeTrue();
    }

    [Fact]
    public void More_in_sync_replicas_than_there_are_fail_acks_all_only()
    {
        var configs = TopicConfigs.TryCreate([KeyValuePair.Create("min.insync.replicas", (string?)"2")], out _)!;
        _host.Core.Topics.Reconfigure(_host.Core.Topics.Find("t")!, configs);

        Produce(CoreHost.Batch("a"), acks: -1).ErrorCode.Should().Be(ErrorCode.NotEnoughReplicas);
        Produce(CoreHost.Batch("a"), acks: 1).ErrorCode.Should().Be(ErrorCode.None);
    }

    private ProduceResponse.PartitionProduceResponse Produce(RecordsField records, short acks = -1, int partition = 0) =>
        Send(records, acks, partition).Now.Responses[0].PartitionResponses[0];

    private Answer<ProduceResponse> Send(RecordsField records, short acks, int partition) => _host.Send<ProduceRequest, ProduceResponse>(
        new ProduceRequest { Acks = acks, TopicData = [new() { Name = "t", PartitionData = [new() { Index = partition, Records = records }] }] },
        version: 9);
}
