using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public sealed class CompactionTests
{
    private static readonly LogConfig Config = new() { Compact = true, Delete = false, SegmentBytes = 300, MinCleanableDirtyRatio = 0, DeleteRetentionMs = 1000 };
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void The_last_record_of_each_key_stays_at_its_offset()
    {
        var log = Open();
        for (var i = 0; i < 20; i++)
            log.Append(Of($"k{i % 3}={i}"), AtNow);
        log.Roll();
        Compact(log, Now);

        Consume(log).Should().Equal("17:k2=17", "18:k0=18", "19:k1=19");
        log.LogStartOffset.Should().Be(0);
        log.EndOffset.Should().Be(20);
        for (var from = 0; from <= 20; from++)
            Consume(log, from).Should().Equal(Consume(log).Where(record => int.Parse(record.Split(':')[0]) >= from));
    }

    [Fact]
    public void A_tombstone_stays_until_its_horizon_has_passed()
    {
        var log = Open();
        log.Append(Of("a=1", "b=1"), AtNow);
        log.Append(Of("a"), AtNow);
        Settle(log);
        Compact(log, Now);
        Consume(log).Should().Contain("2:a").And.NotContain("0:a=1");

        log.Append(Of("c=1"), AtNow);
        Settle(log);
        Compact(log, Now + 999);
        Consume(log).Should().Contain("2:a");

        log.Append(Of("d=1"), AtNow);
        Settle(log);
        Compact(log, Now + 2000);
        Consume(log).Should().NotContain("2:a").And.Contain("1:b=1");
    }

    [Fact]
    public void Timestamps_survive_the_delete_horizon()
    {
        var log = Open();
        log.Append(At(new(), Now - 5, "a=1", "b"), AtNow);
        Settle(log);
        Compact(log, Now);

        log.OffsetForTimestamp(Now - 5).Should().Be(new TimestampOffset(Now - 5, 0));
    }

    [Fact]
    public void Aborted_data_goes_and_later_commits_of_the_producer_are_seen()
    {
        var log = Open();
        log.Append(Of("k=old"), AtNow);
        log.Append(Of(Producer(1, 0, 0, true), "k=aborted"), AtNow);
        log.AppendMarker(1, 0, commit: false, 0, Now);
        for (var round = 0; round < 4; round++)
        {
            log.Append(Of(Producer(1, 0, round + 1, true), $"c{round}=committed"), AtNow);
            log.AppendMarker(1, 0, commit: true, 0, Now);
            Settle(log);
            Compact(log, Now + (round * 5000));
            var seen = Consume(log, isolation: FetchIsolation.ReadCommitted).Select(record => record.Split(':')[1]).ToList();
            seen.Should().Contain("k=old").And.Contain($"c{round}=committed").And.NotContain("k=aborted");
            Consume(log).Should().NotContain("1:k=aborted");
        }
        log.AbortedTransactions.Should().BeEmpty();
    }

    [Fact]
    public void Data_behind_an_open_transaction_is_not_compacted()
    {
        var log = Open();
        log.Append(Of(Producer(1, 0, 0, true), "t=1"), AtNow);
        log.Append(Of("k=1"), AtNow);
        log.Append(Of("k=2"), AtNow);
        Settle(log);

        log.BeginCompaction(Now).Should().BeNull();
        log.AppendMarker(1, 0, commit: true, 0, Now);
        Settle(log);
        Compact(log, Now);
        Consume(log).Should().NotContain("1:k=1").And.Contain("2:k=2");
    }

    [Fact]
    public void The_last_batch_of_a_producer_stays_so_that_its_retry_is_recognised()
    {
        var log = Open();
        log.Append(Of(Producer(1, 0, 0), "k=1"), AtNow);
        log.Append(Of("k=2"), AtNow);
        Settle(log);
        Compact(log, Now);
        Consume(log).Should().NotContain("0:k=1");

        log.Abandon();
        _storage.Delete("t/checkpoint");
        _storage.Delete("t/checkpoint.flushed");
        log = Open();
        log.Append(Of(Producer(1, 0, 0), "k=1"), AtNow).IsDuplicate.Should().BeTrue();
    }

    [Fact]
    public void Small_segments_are_merged()
    {
        var log = Open();
        for (var i = 0; i < 200; i++)
            log.Append(Of($"k{i % 3}={i}"), AtNow);
        for (var pass = 0; pass < 3; pass++)
        {
            log.Append(Of("k0=x", "k1=x", "k2=x"), AtNow);
            Settle(log);
            Compact(log, Now);
        }

        log.SegmentCount.Should().BeLessThan(7);
        Consume(log).Should().Equal("206:k0=x", "207:k1=x", "208:k2=x");
    }

    [Fact]
    public void Young_records_are_not_compacted()
    {
        var log = Open(Config with { MinCompactionLagMs = 100 });
        log.Append(Of("k=1"), AtNow);
        log.Append(Of("k=2"), AtNow);
        Settle(log);
        log.BeginCompaction(Now + 99).Should().BeNull();
        log.BeginCompaction(Now + 100).Should().NotBeNull();
    }

    [Fact]
    public void Nothing_is_done_while_little_is_dirty()
    {
        var log = Open(Config with { MinCleanableDirtyRatio = 0.5 });
        for (var i = 0; i < 100; i++)
            log.Append(Of($"k{i}=1"), AtNow);
        Settle(log);
        Compact(log, Now);
        log.Append(Of("k1=2"), AtNow);
        Settle(log);
        log.BeginCompaction(Now).Should().BeNull();
        log.Config = log.Config with { MaxCompactionLagMs = 10 };
        log.BeginCompaction(Now + 20).Should().NotBeNull();
    }

    [Fact]
    public void A_slice_stays_readable_when_its_segment_is_compacted_away()
    {
        var log = Open();
        log.Append(Of("k=1"), AtNow);
        log.Append(Of("k=2"), AtNow);
        Settle(log);
        using var slice = log.Read(0, 1000, FetchIsolation.ReadUncommitted, true);
        Compact(log, Now);
        RecordBatchView.TryRead(slice.ToArray(), out var batch);
        batch.IsCrcValid.Should().BeTrue();
    }

    [Fact]
    public void Appends_and_retention_go_on_while_a_compaction_runs()
    {
        var log = Open(Config with { Delete = true, RetentionBytes = 1000 });
        for (var i = 0; i < 40; i++)
            log.Append(Of($"k{i % 3}={i}"), AtNow);
        Settle(log);
        var compaction = log.BeginCompaction(Now)!;
        compaction.Step();
        log.Append(Of("k0=late"), AtNow);
        log.ApplyRetention(Now);
        while (compaction.Step())
        {
        }
        log.CompleteCompaction(compaction);

        log.LogStartOffset.Should().BeGreaterThan(0);
        Consume(log).Should().Contain(record => record.EndsWith("k0=late"));
        _storage.KillProcess();
        Consume(Open()).Should().Contain(record => record.EndsWith("k0=late"));
    }

    /// <summary>Closes the active segment, so that all data so far can be compacted.</summary>
    private static void Settle(PartitionLog log) => log.Roll();

    private static void Compact(PartitionLog log, long nowMs)
    {
        using var compaction = log.BeginCompaction(nowMs)!;
        compaction.Should().NotBeNull();
        while (compaction.Step())
        {
        }
        log.CompleteCompaction(compaction);
    }

    private PartitionLog Open(LogConfig? config = null) => PartitionLog.Open(_storage, "t", config ?? Config);
}
