using CrashStreams.Broker.Log;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;
using CrashStreams.Broker.Tests.Log;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>A disk that fails harms what lies on the failed place, and nothing else.</summary>
public class DiskFailureTests
{
    private readonly FailingStorage _disk = new();
    private readonly CoreHost _host;

    public DiskFailureTests() => _host = new CoreHost(storage: _disk);

    [Fact]
    public void A_full_disk_is_answered_with_an_error_and_what_was_there_stays_readable()
    {
        var log = _host.CreateTopic("t", 1).Partitions[0].Log;
        Produce("t").Should().Be(ErrorCode.None);

        _disk.IsFull = true;
        Produce("t").Should().Be(ErrorCode.KafkaStorageError);
        TestBatch.Consume(log).Should().HaveCount(1);

        _disk.IsFull = false;
        Produce("t").Should().Be(ErrorCode.None);
        TestBatch.Consume(log).Should().HaveCount(2);
        var restarted = new CoreHost(storage: _disk).Core.Topics.Find("t")!.Partitions[0].Log;
        TestBatch.Consume(restarted).Should().Equal(TestBatch.Consume(log));
    }

    [Fact]
    public void A_damaged_closed_segment_fails_only_the_fetches_that_need_it()
    {
        var log = ThreeSegments("t");
        _disk.Damage($"{log.Directory}/{0:D20}.log", 0);

        log.Read(0, 1000, FetchIsolation.ReadUncommitted, atLeastOneBatch: true).Error.Should().Be(ErrorCode.KafkaStorageError);
        using var behind = log.Read(1, 1000, FetchIsolation.ReadUncommitted, atLeastOneBatch: true);
        behind.Error.Should().Be(ErrorCode.None);
        behind.Length.Should().BePositive();
        Produce("t").Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_damaged_log_does_not_keep_the_others_from_being_compacted()
    {
        var damaged = ThreeSegments("a");
        var sound = ThreeSegments("b");
        _disk.Damage($"{damaged.Directory}/{0:D20}.log", 0);

        for (var second = 0; second < 40; second++)
            _host.Advance(1000);

        sound.CleanedOffset.Should().BePositive();
        damaged.CleanedOffset.Should().Be(0);
        Produce("a").Should().Be(ErrorCode.None);
    }

    private PartitionLog ThreeSegments(string topic)
    {
        var configs = TopicConfigs.TryCreate(
            [KeyValuePair.Create("cleanup.policy", (string?)"compact"), KeyValuePair.Create("min.cleanable.dirty.ratio", (string?)"0")], out _)!;
        var log = _host.CreateTopic(topic, 1, configs).Partitions[0].Log;
        for (var i = 0; i < 3; i++)
        {
            Produce(topic).Should().Be(ErrorCode.None);
            log.Roll();
        }
        return log;
    }

    private ErrorCode Produce(string topic) => _host.Send<ProduceRequest, ProduceResponse>(
        new ProduceRequest { Acks = -1, TopicData = [new() { Name = topic, PartitionData = [new() { Records = CoreHost.Batch("v") }] }] },
        version: 9).Now.Responses[0].PartitionResponses[0].ErrorCode;
}
