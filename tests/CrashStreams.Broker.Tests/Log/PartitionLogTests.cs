using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public sealed class PartitionLogTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void Offsets_follow_each_other()
    {
        var log = Open();
        log.Append(Of("a=1", "b=2"), AtNow).BaseOffset.Should().Be(0);
        log.Append(Of("c=3"), AtNow).BaseOffset.Should().Be(2);

        log.EndOffset.Should().Be(3);
        Consume(log).Should().Equal("0:a=1", "1:b=2", "2:c=3");
    }

    [Fact]
    public void A_read_inside_a_batch_gives_the_whole_batch()
    {
        var log = Open();
        log.Append(Of("a=1", "b=2", "c=3"), AtNow);

        using var slice = log.Read(1, 1, FetchIsolation.ReadUncommitted, atLeastOneBatch: true);
        RecordBatchView.TryRead(slice.ToArray(), out var batch).Should().Be(BatchRead.Whole);
        batch.BaseOffset.Should().Be(0);
        Consume(log, from: 1).Should().Equal("1:b=2", "2:c=3");
    }

    [Fact]
    public void A_batch_above_the_limit_is_given_only_when_asked_for()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);

        log.Read(0, 1, FetchIsolation.ReadUncommitted, atLeastOneBatch: false).Length.Should().Be(0);
        using var slice = log.Read(0, 1, FetchIsolation.ReadUncommitted, atLeastOneBatch: true);
        slice.Length.Should().BeGreaterThan(1);
    }

    [Fact]
    public void Offsets_outside_the_log_are_out_of_range_but_the_end_is_not()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);

        log.Read(-1, 1, FetchIsolation.ReadUncommitted, true).Error.Should().Be(ErrorCode.OffsetOutOfRange);
        log.Read(1, 1, FetchIsolation.ReadUncommitted, true).Error.Should().Be(ErrorCode.None);
        log.Read(2, 1, FetchIsolation.ReadUncommitted, true).Error.Should().Be(ErrorCode.OffsetOutOfRange);
    }

    [Fact]
    public void Everything_is_there_after_the_process_was_killed()
    {
        var log = Open(new LogConfig { SegmentBytes = 500 });
        for (var i = 0; i < 50; i++)
            log.Append(Of($"k={i}"), AtNow).Error.Should().Be(ErrorCode.None);
        var before = Consume(log);
        log.SegmentCount.Should().BeGreaterThan(3);

        _storage.KillProcess();
        log = Open(new LogConfig { SegmentBytes = 500 });
        Consume(log).Should().Equal(before);
        log.Append(Of("next=1"), AtNow).BaseOffset.Should().Be(50);
    }

    [Fact]
    public void A_torn_tail_is_cut_off_at_the_next_start()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);
        log.Append(Of("b=2"), AtNow);
        log.Abandon();
        using (var file = _storage.Open("t/00000000000000000000.log", create: false))
            file.Truncate(file.Length - 1);

        log = Open();
        log.EndOffset.Should().Be(1);
        log.Append(Of("c=3"), AtNow).BaseOffset.Should().Be(1);
        Consume(log).Should().Equal("0:a=1", "1:c=3");
    }

    [Fact]
    public void Only_what_lies_behind_the_checkpoint_is_read_at_start()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);
        log.Close();
        using (var file = _storage.Open("t/00000000000000000000.log", create: false))
            file.Write(RecordBatchHeader.Size, [0xff]);

        // The damage lies before the checkpoint, so this start does not see it.
        Open().EndOffset.Should().Be(1);
    }

    [Fact]
    public void After_a_power_cut_what_was_flushed_is_there()
    {
        var log = Open();
        log.Append(Of("a=1"), AtNow);
        log.Flush();
        log.Append(Of("b=2"), AtNow);
        log.Close();
        _storage.CutPower(new Random(1));

        Consume(Open()).Should().StartWith("0:a=1");
    }

    [Fact]
    public void With_flush_always_nothing_acknowledged_is_lost_in_a_power_cut()
    {
        var config = new LogConfig { Flush = FlushPolicy.Always, SegmentBytes = 400, CheckpointBytes = 300 };
        var log = Open(config);
        for (var i = 0; i < 30; i++)
            log.Append(Of($"k={i}"), AtNow);
        var before = Consume(log);
        _storage.CutPower(new Random(2));

        Consume(Open(config)).Should().Equal(before);
    }

    [Fact]
    public void Deleted_records_stay_deleted()
    {
        var log = Open(new LogConfig { SegmentBytes = 300 });
        for (var i = 0; i < 20; i++)
            log.Append(Of($"k={i}"), AtNow);
        log.DeleteRecordsBefore(21).Should().Be(ErrorCode.OffsetOutOfRange);
        log.DeleteRecordsBefore(11).Should().Be(ErrorCode.None);
        var segments = log.SegmentCount;
        _storage.KillProcess();

        log = Open(new LogConfig { SegmentBytes = 300 });
        log.LogStartOffset.Should().Be(11);
        log.SegmentCount.Should().Be(segments);
        Consume(log)[0].Should().Be("11:k=11");
        log.Read(10, 100, FetchIsolation.ReadUncommitted, true).Error.Should().Be(ErrorCode.OffsetOutOfRange);
        log.DeleteRecordsBefore(-1).Should().Be(ErrorCode.None);
        log.LogStartOffset.Should().Be(20);
        Consume(log).Should().BeEmpty();
    }

    [Fact]
    public void Retention_by_time_deletes_whole_segments_whose_records_are_old()
    {
        var log = Open(new LogConfig { SegmentBytes = 100, RetentionMs = 1000 });
        log.Append(At(new(), Now, "a=1"), AtNow);
        log.Append(At(new(), Now + 500, "b=2"), AtNow);
        log.Append(At(new(), Now + 900, "c=3"), AtNow);
        log.ApplyRetention(Now + 1200);
        log.LogStartOffset.Should().Be(1);
        log.ApplyRetention(Now + 5000);

        log.LogStartOffset.Should().Be(3);
        log.EndOffset.Should().Be(3);
        log.Append(Of("d=4"), AtNow).BaseOffset.Should().Be(3);
    }

    [Fact]
    public void Retention_by_size_keeps_at_least_the_size()
    {
        var log = Open(new LogConfig { SegmentBytes = 200, RetentionBytes = 600 });
        for (var i = 0; i < 50; i++)
            log.Append(Of($"k={i}"), AtNow);
        log.ApplyRetention(Now);

        log.SizeInBytes.Should().BeInRange(600, 800);
        Consume(log)[^1].Should().Be("49:k=49");
    }

    [Fact]
    public void A_slice_stays_readable_when_its_segment_is_deleted()
    {
        var log = Open(new LogConfig { SegmentBytes = 150 });
        for (var i = 0; i < 4; i++)
            log.Append(Of($"k={i}"), AtNow);
        using var slice = log.Read(0, 1000, FetchIsolation.ReadUncommitted, true);
        log.DeleteRecordsBefore(-1);

        RecordBatchView.TryRead(slice.ToArray(), out var batch).Should().Be(BatchRead.Whole);
        batch.IsCrcValid.Should().BeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Offsets_by_timestamp_are_exact_inside_a_batch_and_with_unordered_times(int codec)
    {
        var log = Open(new LogConfig { SegmentBytes = 400, IndexIntervalBytes = 1 });
        long[] times = [5, 3, 9, 1, 20, 2, 20, 7, 30, 4, 4, 40];
        foreach (var pair in times.Chunk(3))
        {
            using var builder = new RecordBatchBuilder(new RecordBatchHeader { Codec = (CompressionCodec)codec });
            foreach (var time in pair)
                builder.Append(Now + time, "k"u8, "v"u8);
            log.Append(builder.Build().ToArray(), AtNow);
        }

        for (var asked = 0; asked < 45; asked++)
        {
            var expected = Array.FindIndex(times, time => time >= asked);
            var found = log.OffsetForTimestamp(Now + asked);
            (found?.Offset ?? -1).Should().Be(expected, $"asked for {asked}");
            if (found is { } place)
                place.TimestampMs.Should().Be(Now + times[expected]);
        }
        log.OffsetOfMaxTimestamp()!.Value.Offset.Should().Be(11);
    }

    [Fact]
    public void Log_append_time_replaces_the_times_of_the_producer()
    {
        var log = Open(new LogConfig { LogAppendTime = true });
        log.Append(At(new(), 5, "a=1"), AtNow).LogAppendTimeMs.Should().Be(Now);

        log.OffsetForTimestamp(Now).Should().Be(new TimestampOffset(Now, 0));
        log.OffsetForTimestamp(Now + 1).Should().BeNull();
        Consume(log).Should().Equal("0:a=1");
    }

    [Fact]
    public void A_segment_rolls_when_its_first_record_is_old()
    {
        var log = Open(new LogConfig { SegmentMs = 1000 });
        log.Append(At(new(), Now, "a=1"), AtNow);
        log.Append(At(new(), Now + 1000, "b=2"), AtNow);
        log.SegmentCount.Should().Be(1);
        log.Append(At(new(), Now + 1001, "c=3"), AtNow);
        log.SegmentCount.Should().Be(2);
    }

    [Fact]
    public void A_topic_with_its_own_compression_stores_the_batches_so()
    {
        var log = Open(new LogConfig { Compression = CompressionCodec.Zstd });
        log.Append(Of("a=1", "b=2"), AtNow);

        using var slice = log.Read(0, 1000, FetchIsolation.ReadUncommitted, true);
        new RecordBatchView(slice.ToArray()).Codec.Should().Be(CompressionCodec.Zstd);
        Consume(log).Should().Equal("0:a=1", "1:b=2");
    }

    private PartitionLog Open(LogConfig? config = null) => PartitionLog.Open(_storage, "t", config ?? LogConfig.Default);
}
