using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>Finds the first record of a log whose timestamp is at or after a time, exactly, also inside a compressed batch.</summary>
internal static class TimestampSearch
{
    public static TimestampOffset? Find(IReadOnlyList<LogSegment> segments, long logStartOffset, long timestampMs, int maxDecompressedBytes)
    {
        foreach (var segment in segments)
        {
            if (segment.NextOffset > logStartOffset && segment.MaxTimestamp >= timestampMs && Find(segment, logStartOffset, timestampMs, maxDecompressedBytes) is { } found)
                return found;
        }
        return null;
    }

    private static TimestampOffset? Find(LogSegment segment, long logStartOffset, long timestampMs, int maxDecompressedBytes)
    {
        var file = segment.Lease();
        try
        {
            using var scanner = new BatchScanner(file.File, segment.Index.FloorByTimestamp(timestampMs).Position, segment.Length);
            while (scanner.TryReadHeader(out var header))
            {
                if (header.MaxTimestamp >= timestampMs && header.LastOffset >= logStartOffset && Find(scanner.ReadBatch(), logStartOffset, timestampMs, maxDecompressedBytes) is { } found)
                    return found;
            }
            return null;
        }
        finally
        {
            file.Release();
        }
    }

    private static TimestampOffset? Find(RecordBatchView batch, long logStartOffset, long timestampMs, int maxDecompressedBytes)
    {
        if (!BatchContent.TryOpen(batch, out var content, maxDecompressedBytes))
            return new TimestampOffset(batch.MaxTimestamp, Math.Max(batch.BaseOffset, logStartOffset));
        using var opened = content;
        foreach (var record in content.Records)
        {
            var timestamp = batch.TimestampOf(record);
            var offset = batch.BaseOffset + record.OffsetDelta;
            if (timestamp >= timestampMs && offset >= logStartOffset)
                return new TimestampOffset(timestamp, offset);
        }
        return null;
    }
}
