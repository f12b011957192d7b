using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public sealed class TransactionLogTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void Readers_of_committed_data_see_nothing_behind_an_open_transaction()
    {
        var log = Open();
        var moved = 0;
        log.LastStableOffsetMoved = () => moved++;
        log.Append(Of("a=1"), AtNow);
        Begin(log, 1, "b=2");
        log.Append(Of("c=3"), AtNow);

        log.LastStableOffset.Should().Be(1);
        moved.Should().Be(1);
        Consume(log, isolation: FetchIsolation.ReadCommitted).Should().Equal("0:a=1");
        log.AppendMarker(1, 0, commit: true, 0, Now);
        moved.Should().Be(2);
        Consume(log, isolation: FetchIsolation.ReadCommitted).Should().Equal("0:a=1", "1:b=2", "2:c=3");
    }

    [Fact]
    public void The_stable_offset_waits_for_the_earliest_of_the_open_transactions()
    {
        var log = Open();
        Begin(log, 1, "a=1");
        Begin(log, 2, "b=2");
        log.AppendMarker(2, 0, commit: true, 0, Now);
        log.LastStableOffset.Should().Be(0);
        log.AppendMarker(1, 0, commit: false, 0, Now);
        log.LastStableOffset.Should().Be(4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Aborted_records_are_hidden_wherever_a_reader_begins(bool restart)
    {
        var config = new LogConfig { SegmentBytes = 250 };
        var log = Open(config);
        var committed = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            var offset = log.EndOffset;
            Begin(log, i % 3, $"t{i % 3}={i}", sequence: i / 3);
            if (i % 3 == 1)
                committed.Add($"{offset}:t1={i}");
            if (i % 7 == 6)
                Decide(log);
        }
        Decide(log);
        if (restart)
        {
            _storage.KillProcess();
            log = Open(config);
        }

        log.SegmentCount.Should().BeGreaterThan(5);
        for (var from = 0; from <= log.EndOffset; from++)
        {
            Consume(log, from, FetchIsolation.ReadCommitted, maxBytes: 1)
                .Should().Equal(committed.Where(record => long.Parse(record.Split(':')[0]) >= from), $"read from {from}");
        }
    }

    [Fact]
    public void An_open_transaction_is_still_open_after_a_restart()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);
        Begin(log, 1, "b=2");
        _storage.KillProcess();

        log = Open();
        log.LastStableOffset.Should().Be(1);
        log.OpenTransactions.Should().ContainSingle().Which.ProducerId.Should().Be(1);
        log.AppendMarker(1, 0, commit: false, 0, Now);
        Consume(log, isolation: FetchIsolation.ReadCommitted).Should().Equal("0:a=1");
    }

    [Fact]
    public void Aborted_transactions_are_forgotten_when_the_log_start_has_passed_them()
    {
        var log = Open();
        Begin(log, 1, "a=1");
        log.AppendMarker(1, 0, commit: false, 0, Now);
        log.DeleteRecordsBefore(1);
        log.AbortedTransactions.Should().ContainSingle();
        log.DeleteRecordsBefore(2);
        log.AbortedTransactions.Should().BeEmpty();
    }

    /// <summary>Commits what producer 1 has open, aborts the others.</summary>
    private static void Decide(PartitionLog log)
    {
        foreach (var producer in log.OpenTransactions.ToList())
            log.AppendMarker(producer.ProducerId, 0, commit: producer.ProducerId == 1, 0, Now);
    }

    private static void Begin(PartitionLog log, long producer, string record, int sequence = 0) =>
        log.Append(Of(Producer(producer, 0, sequence, transactional: true), record), AtNow).Error.Should().Be(CrashStreams.Protocol.ErrorCode.None);

    private PartitionLog Open(LogConfig? config = null) => PartitionLog.Open(_storage, "t", config ?? LogConfig.Default);
}
