using CrashStreams.Broker.Log;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>Batches as producers send them, and logs read back as consumers see them.</summary>
internal static class TestBatch
{
    public const long Now = 1_700_000_000_000;

    public static AppendOptions AtNow => new() { NowMs = Now };

    public static byte[] Of(params string[] values) => Of(new RecordBatchHeader(), values);

    /// <summary>A batch whose records are "key=value", "key=" (an empty value), "key" (a tombstone); the timestamp is <see cref="Now"/>.</summary>
    public static byte[] Of(RecordBatchHeader header, params string[] records) => At(header, Now, records);

    public static byte[] At(RecordBatchHeader header, long timestampMs, params string[] records)
    {
        using var builder = new RecordBatchBuilder(header);
        foreach (var record in records)
        {
            var equals = record.IndexOf('=');
            var key = equals < 0 ? record : record[..equals];
            builder.Append(timestampMs, System.Text.Encoding.UTF8.GetBytes(key), equals < 0 ? null : System.Text.Encoding.UTF8.GetBytes(record[(equals + 1)..]));
        }
        return builder.Build().ToArray();
    }

    public static RecordBatchHeader Producer(long id, short epoch, int sequence, bool transactional = false) => new()
    {
        ProducerId = id,
        ProducerEpoch = epoch,
        BaseSequence = sequence,
        Attributes = transactional ? BatchAttributes.Transactional : BatchAttributes.None,
    };

    /// <summary>"offset:key=value" of all records that a consumer would be shown, read in pieces from an offset on.</summary>
    public static List<string> Consume(PartitionLog log, long from = 0, FetchIsolation isolation = FetchIsolation.ReadUncommitted, int maxBytes = 300)
    {
        var seen = new List<string>();
        var position = Math.Max(from, log.LogStartOffset);
        while (true)
        {
            using var slice = log.Read(position, maxBytes, isolation, atLeastOneBatch: true);
            slice.Error.Should().Be(CrashStreams.Protocol.ErrorCode.None);
            if (slice.Length == 0)
                return seen;
            position = Show(slice, position, seen);
        }
    }

    /// <summary>What a client does with a slice: it skips what lies before its position and what aborted transactions wrote.</summary>
    private static long Show(LogSlice slice, long position, List<string> seen)
    {
        var aborting = new HashSet<long>();
        var pending = new List<AbortedTransaction>(slice.Aborted ?? []);
        ReadOnlySpan<byte> left = slice.ToArray();
        while (RecordBatchView.TryRead(left, out var batch) == BatchRead.Whole)
        {
            batch.IsCrcValid.Should().BeTrue();
            left = left[batch.Bytes.Length..];
            var last = batch.LastOffset;
            aborting.UnionWith(pending.Where(aborted => aborted.FirstOffset <= last).Select(aborted => aborted.ProducerId));
            pending.RemoveAll(aborted => aborted.FirstOffset <= last);
            if (batch.IsControl)
            {
                ControlRecord.TryRead(batch, out var type, out _).Should().BeTrue();
                if (type == ControlType.Abort)
                    aborting.Remove(batch.ProducerId);
            }
            else if (!(batch.IsTransactional && aborting.Contains(batch.ProducerId)))
            {
                ShowRecords(batch, position, seen);
            }
            batch.NextOffset.Should().BeGreaterThan(position);
            position = batch.NextOffset;
        }
        left.Length.Should().Be(0, "a slice holds whole batches");
        return Math.Max(position, slice.NextOffset);
    }

    private static void ShowRecords(RecordBatchView batch, long position, List<string> seen)
    {
        BatchContent.TryOpen(batch, out var content).Should().BeTrue();
        using var opened = content;
        foreach (var record in content.Records)
        {
            if (batch.BaseOffset + record.OffsetDelta >= position)
                seen.Add($"{batch.BaseOffset + record.OffsetDelta}:{System.Text.Encoding.UTF8.GetString(record.Key)}"
                    + (record.HasValue ? "=" + System.Text.Encoding.UTF8.GetString(record.Value) : ""));
        }
    }
}
