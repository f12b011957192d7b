using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public sealed class ProducerTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void A_retry_is_answered_with_the_old_offset_and_not_appended()
    {
        var log = Open();
        for (var sequence = 0; sequence < 5; sequence++)
            Append(log, 1, 0, sequence).BaseOffset.Should().Be(sequence);

        for (var sequence = 0; sequence < 5; sequence++)
        {
            var retry = Append(log, 1, 0, sequence);
            retry.Error.Should().Be(ErrorCode.None);
            retry.BaseOffset.Should().Be(sequence);
            retry.IsDuplicate.Should().BeTrue();
        }
        log.EndOffset.Should().Be(5);
    }

    [Fact]
    public void Of_producers_without_number_the_oldest_are_forgotten_and_the_newest_known()
    {
        var log = Open();
        for (var producer = 0; producer <= ProducerTable.MaxProducers; producer++)
            Append(log, producer, 0, 0).Error.Should().Be(ErrorCode.None);

        log.Producers.Should().HaveCountLessThanOrEqualTo(ProducerTable.MaxProducers).And.NotContain(producer => producer.ProducerId == 0);
        Append(log, ProducerTable.MaxProducers, 0, 0).IsDuplicate.Should().BeTrue();
        Append(log, 0, 0, 5).Error.Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_retry_older_than_five_batches_is_out_of_order()
    {
        var log = Open();
        for (var sequence = 0; sequence < 6; sequence++)
            Append(log, 1, 0, sequence);
        Append(log, 1, 0, 0).Error.Should().Be(ErrorCode.OutOfOrderSequenceNumber);
    }

    [Fact]
    public void A_gap_is_out_of_order()
    {
        var log = Open();
        Append(log, 1, 0, 0);
        Append(log, 1, 0, 2).Error.Should().Be(ErrorCode.OutOfOrderSequenceNumber);
        log.EndOffset.Should().Be(1);
    }

    [Fact]
    public void An_unknown_producer_may_begin_anywhere() => Append(Open(), 1, 3, 77).Error.Should().Be(ErrorCode.None);

    [Fact]
    public void A_new_epoch_begins_at_zero_and_fences_the_old_one()
    {
        var log = Open();
        Append(log, 1, 0, 0);
        Append(log, 1, 1, 1).Error.Should().Be(ErrorCode.OutOfOrderSequenceNumber);
        Append(log, 1, 1, 0).Error.Should().Be(ErrorCode.None);
        Append(log, 1, 0, 1).Error.Should().Be(ErrorCode.InvalidProducerEpoch);
    }

    [Fact]
    public void Sequences_wrap_to_zero()
    {
        var log = Open();
        log.Append(Of(Producer(1, 0, int.MaxValue - 1), "a=1", "b=2", "c=3"), AtNow).Error.Should().Be(ErrorCode.None);
        Append(log, 1, 0, 1).Error.Should().Be(ErrorCode.None);
        log.Append(Of(Producer(1, 0, int.MaxValue - 1), "a=1", "b=2", "c=3"), AtNow).BaseOffset.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Retries_are_recognised_after_a_restart(bool clean)
    {
        var log = Open();
        for (var sequence = 0; sequence < 4; sequence++)
            Append(log, 1, 0, sequence);
        if (clean)
            log.Close();
        _storage.KillProcess();

        log = Open();
        Append(log, 1, 0, 2).BaseOffset.Should().Be(2);
        Append(log, 1, 0, 5).Error.Should().Be(ErrorCode.OutOfOrderSequenceNumber);
        Append(log, 1, 0, 4).BaseOffset.Should().Be(4);
    }

    [Fact]
    public void A_silent_producer_is_forgotten_but_not_one_with_an_open_transaction()
    {
        var log = Open();
        Append(log, 1, 0, 0);
        log.Append(Of(Producer(2, 0, 0, transactional: true), "a=1"), AtNow);
        log.ApplyRetention(Now + LogConfig.Default.ProducerIdExpirationMs + 1);

        log.Producers.Select(producer => producer.ProducerId).Should().Equal(2);
    }

    [Fact]
    public void A_marker_carries_the_bumped_epoch_whose_sequences_begin_at_zero()
    {
        var log = Open();
        log.Append(Of(Producer(20, 0, 0, true), "c=0", "c=2", "c=4"), AtNow).BaseOffset.Should().Be(0);
        log.AppendMarker(20, 1, commit: true, 0, Now).BaseOffset.Should().Be(3);
        log.Append(Of(Producer(20, 1, 0, true), "a=0", "a=1", "a=2"), AtNow).BaseOffset.Should().Be(4);
        log.AppendMarker(20, 2, commit: false, 0, Now).BaseOffset.Should().Be(7);
        log.Append(Of(Producer(20, 2, 0, true), "d=0"), AtNow).BaseOffset.Should().Be(8);
        log.AppendMarker(20, 3, commit: true, 0, Now).BaseOffset.Should().Be(9);

        Consume(log, isolation: FetchIsolation.ReadCommitted).Should().Equal("0:c=0", "1:c=2", "2:c=4", "8:d=0");
        log.AppendMarker(20, 2, commit: true, 0, Now).Error.Should().Be(ErrorCode.InvalidProducerEpoch);
    }

    private PartitionLog Open() => PartitionLog.Open(_storage, "t", LogConfig.Default);

    private static AppendResult Append(PartitionLog log, long id, short epoch, int sequence) => log.Append(Of(Producer(id, epoch, sequence), $"k={sequence}"), AtNow);
}
