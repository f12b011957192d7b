using CrashStreams.Broker.Log;
using CrashStreams.Broker.Tests.Log;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>With flush=always nobody hears of a record before it is on the disk, and requests that come together share the flush.</summary>
public class GroupFlushTests
{
    private readonly FailingStorage _disk = new();
    private readonly CoreHost _host;
    private readonly PartitionLog _log;

    public GroupFlushTests()
    {
        _host = new CoreHost(new BrokerOptions { Flush = FlushMode.Always }, _disk);
        _log = _host.CreateTopic("t", 1).Partitions[0].Log;
    }

    [Fact]
    public void Requests_of_a_turn_are_answered_after_one_flush_for_all()
    {
        var before = _disk.Flushes;
        var answers = Enumerable.Range(0, 20).Select(_ => Produce(endsTurn: false)).ToList();
        answers.Should().OnlyContain(answer => !answer.IsThere);
        _disk.Flushes.Should().Be(before);

        _host.Core.EndTurn();

        answers.Select(answer => answer.Now.Responses[0].PartitionResponses[0].BaseOffset).Should().Equal(Enumerable.Range(0, 20).Select(i => (long)i));
        (_disk.Flushes - before).Should().BeLessThanOrEqualTo(2); // of two segments at most
    }

    [Fact]
    public void A_fetch_in_the_same_turn_reads_what_is_flushed()
    {
        Produce(endsTurn: false);
        var before = _disk.Flushes;

        var fetched = _host.Send<FetchRequest, FetchResponse>(
            new FetchRequest { Topics = [new() { Topic = "t", Partitions = [new() { PartitionMaxBytes = 1000 }] }] }, version: 12, endsTurn: false);

        fetched.Now.Responses[0].Partitions[0].Records.Length.Should().BePositive();
        _disk.Flushes.Should().BeGreaterThan(before);
    }

    [Fact]
    public void A_failed_flush_is_answered_with_an_error_until_the_disk_works_again()
    {
        _disk.FailsToFlush = true;
        ErrorOf(Produce()).Should().Be(ErrorCode.KafkaStorageError);

        _disk.FailsToFlush = false;
        ErrorOf(Produce()).Should().Be(ErrorCode.None);
        ExpectSoundLog();
    }

    [Fact]
    public void An_append_whose_own_flush_fails_leaves_nothing_behind()
    {
        ErrorOf(Produce()).Should().Be(ErrorCode.None);
        _disk.FailsToFlush = true;
        _log.Append(TestBatch.Of("k=lost"), TestBatch.AtNow).Error.Should().Be(ErrorCode.KafkaStorageError);

        _disk.FailsToFlush = false;
        _log.Append(TestBatch.Of("k=kept"), TestBatch.AtNow).BaseOffset.Should().Be(1);
        TestBatch.Consume(_log).Should().HaveCount(2).And.HaveElementAt(1, "1:k=kept");
        ExpectSoundLog();
    }

    /// <summary>A start, from the bytes alone, finds the same records.</summary>
    private void ExpectSoundLog()
    {
        foreach (var checkpoint in new[] { Checkpoint.Latest, Checkpoint.Flushed })
            _disk.Delete($"{_log.Directory}/{checkpoint}");
        TestBatch.Consume(new CoreHost(storage: _disk).Core.Topics.Find("t")!.Partitions[0].Log).Should().Equal(TestBatch.Consume(_log));
    }

    private Answer<ProduceResponse> Produce(bool endsTurn = true) => _host.Send<ProduceRequest, ProduceResponse>(
        new ProduceRequest { Acks = -1, TopicData = [new() { Name = "t", PartitionData = [new() { Records = CoreHost.Batch("v") }] }] }, version: 9, endsTurn);

    private static ErrorCode ErrorOf(Answer<ProduceResponse> answer) => answer.Now.Responses[0].PartitionResponses[0].ErrorCode;
}
