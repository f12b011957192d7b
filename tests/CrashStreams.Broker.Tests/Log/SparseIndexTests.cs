using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

public sealed class SparseIndexTests
{
    [Fact]
    public void The_index_of_a_full_segment_stays_small()
    {
        var index = new SparseIndex();
        var entries = 0;
        for (var position = 0; position < 1024 * 1024 * 1024; position += 4096)
        {
            if (!index.IsDue(position, intervalBytes: 4096))
                continue;
            index.Add(position / 100, position, position);
            entries++;
        }

        entries.Should().BeInRange(2_000, 15_000);
        index.LastPosition.Should().BeGreaterThan(1023 * 1024 * 1024);
    }

    [Fact]
    public void A_read_is_filled_beyond_the_last_index_entry_in_its_range()
    {
        // A batch has about 1 KB and only each 20 KB is in the index: a read of 30 KB must not end at the entry.
        var log = PartitionLog.Open(new MemoryStorage(), "t", new LogConfig { IndexIntervalBytes = 20_000 });
        for (var i = 0; i < 200; i++)
            log.Append(Of("k=" + new string('v', 1000)), AtNow);

        for (var offset = 0; offset < 150; offset++)
        {
            using var slice = log.Read(offset, 30_000, FetchIsolation.ReadUncommitted, atLeastOneBatch: true);
            slice.Length.Should().BeInRange(15_000, 30_000);
        }
    }

    [Fact]
    public void Every_offset_and_time_is_found_where_the_index_is_coarse()
    {
        var log = PartitionLog.Open(new MemoryStorage(), "t", new LogConfig { IndexIntervalBytes = 10 });
        for (var i = 0; i < 3000; i++)
            log.Append(At(new(), Now + i, $"k={i}"), AtNow);

        for (var i = 0; i < 3000; i += 7)
        {
            using var slice = log.Read(i, 1, FetchIsolation.ReadUncommitted, atLeastOneBatch: true);
            new CrashStreams.Protocol.Records.RecordBatchView(slice.ToArray()).BaseOffset.Should().Be(i);
            log.OffsetForTimestamp(Now + i)!.Value.Offset.Should().Be(i);
        }
    }
}
