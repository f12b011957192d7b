using CrashStreams.Broker.Log;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker;

/// <summary>Reads a partition's records as a consumer would see them.</summary>
internal static class PartitionReader
{
    public static IReadOnlyList<StoredRecord> Read(PartitionLog log, bool committedOnly)
    {
        var records = new List<StoredRecord>();
        var end = committedOnly ? log.LastStableOffset : log.EndOffset;
        log.VisitBatches(log.LogStartOffset, batch =>
        {
            if (batch.BaseOffset >= end)
                return false;
            if (!batch.IsControl && !(committedOnly && batch.IsTransactional && IsAborted(log, batch)))
                Add(records, batch, log.LogStartOffset);
            return true;
        });
        return records;
    }

    private static bool IsAborted(PartitionLog log, RecordBatchView batch)
    {
        foreach (var aborted in log.AbortedTransactions)
            if (aborted.ProducerId == batch.ProducerId && batch.BaseOffset >= aborted.FirstOffset && batch.BaseOffset <= aborted.LastOffset)
                return true;
        return false;
    }

    private static void Add(List<StoredRecord> records, RecordBatchView batch, long from)
    {
        if (!BatchContent.TryOpen(batch, out var content))
            throw new InvalidDataException($"The batch at offset {batch.BaseOffset} can't be decompressed.");
        foreach (var record in content.Records)
            if (batch.BaseOffset + record.OffsetDelta is var offset && offset >= from)
                records.Add(new StoredRecord(offset, batch.TimestampOf(record), record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null));
        content.Dispose();
    }
}
