using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>A record's place, as ListOffsets answers it.</summary>
internal readonly record struct TimestampOffset(long TimestampMs, long Offset);

internal sealed partial class PartitionLog
{
    /// <summary>Where the last reads ended: readers go on from there, so most reads need no look-up.</summary>
    private readonly (LogSegment? Segment, long Offset, long Position)[] _readEnds = new (LogSegment?, long, long)[8];
    private int _nextReadEnd;

    /// <summary>
    /// Finds whole batches from the one that holds <paramref name="fetchOffset"/> on, of one segment, no more than
    /// <paramref name="maxBytes"/>; with <paramref name="atLeastOneBatch"/> the first one even if it is larger. Dispose the slice.
    /// </summary>
    public LogSlice Read(long fetchOffset, int maxBytes, FetchIsolation isolation, bool atLeastOneBatch)
    {
        if (fetchOffset < LogStartOffset || fetchOffset > EndOffset)
            return Empty(fetchOffset, isolation) with { Error = ErrorCode.OffsetOutOfRange };
        if ((maxBytes <= 0 && !atLeastOneBatch) || !_storage.Budget.MayHold(isFirst: atLeastOneBatch))
            return Empty(fetchOffset, isolation);
        var end = isolation == FetchIsolation.ReadCommitted ? LastStableOffset : EndOffset;
        try
        {
            for (var i = SegmentIndex(fetchOffset); fetchOffset < end && i < _segments.Count; i++)
            {
                if (TryRead(_segments[i], fetchOffset, end, maxBytes, atLeastOneBatch, isolation, out var slice))
                    return slice;
            }
        }
        catch (IOException)
        {
            return Empty(fetchOffset, isolation) with { Error = ErrorCode.KafkaStorageError };
        }
        return Empty(fetchOffset, isolation);
    }

    /// <summary>The first record, in the order of the log, whose timestamp is at or after a time.</summary>
    public TimestampOffset? OffsetForTimestamp(long timestampMs) => TimestampSearch.Find(_segments, LogStartOffset, timestampMs, Config.MaxDecompressedBytes);

    /// <summary>The first record with the largest timestamp.</summary>
    public TimestampOffset? OffsetOfMaxTimestamp() => EndOffset == LogStartOffset || MaxTimestamp < 0 ? null : OffsetForTimestamp(MaxTimestamp);

    /// <summary>Shows every batch from the one that holds an offset on; ends early when the visitor answers false.</summary>
    public void VisitBatches(long fromOffset, BatchVisitor visit)
    {
        for (var i = SegmentIndex(fromOffset); i < _segments.Count; i++)
        {
            var segment = _segments[i];
            var file = segment.Lease();
            try
            {
                using var scanner = new BatchScanner(file.File, segment.Locate(file, fromOffset), segment.Length);
                while (scanner.TryReadHeader(out _))
                {
                    if (!visit(scanner.ReadBatch()))
                        return;
                }
            }
            finally
            {
                file.Release();
            }
        }
    }

    private bool TryRead(LogSegment segment, long offset, long endOffset, int maxBytes, bool atLeastOneBatch, FetchIsolation isolation, out LogSlice slice)
    {
        var file = segment.Lease();
        try
        {
            var start = Locate(segment, file, offset);
            var end = endOffset >= segment.NextOffset ? segment.Length : Locate(segment, file, endOffset);
            if (start >= end)
            {
                slice = default;
                return false;
            }
            var next = Math.Min(endOffset, segment.NextOffset);
            if (end - start > maxBytes)
                (end, next) = Shorten(segment, file, (start, end), Math.Max(0, maxBytes), atLeastOneBatch, offset);
            RememberReadEnd(segment, next, end);
            slice = new LogSlice(file.Share(), start, (int)(end - start))
            {
                NextOffset = next,
                HighWatermark = EndOffset,
                LastStableOffset = LastStableOffset,
                LogStartOffset = LogStartOffset,
                Aborted = isolation == FetchIsolation.ReadCommitted ? _aborted.Overlapping(offset, next) : null,
            };
            return true;
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>The end of the last whole batch within the size; the index knows one near it.</summary>
    private static (long End, long NextOffset) Shorten(LogSegment segment, SharedFile file, (long Start, long End) range, int maxBytes, bool atLeastOneBatch, long offset)
    {
        var start = range.Start;
        var indexed = segment.Index.FloorByPosition((int)Math.Min(start + maxBytes, int.MaxValue));
        var (end, next) = indexed.Position > start ? (indexed.Position, segment.BaseOffset + indexed.RelativeOffset) : (start, offset);
        if (end - start > maxBytes / 2)
            return (end, next);
        Span<byte> header = stackalloc byte[RecordBatchHeader.Size];
        while (end < range.End && file.Read(end, header) == header.Length)
        {
            var batch = new RecordBatchView(header);
            if (!batch.IsHeaderPlausible || batch.SizeInBytes > range.End - end)
                segment.ThrowDamaged(end);
            var isWanted = end + batch.SizeInBytes - start <= maxBytes || (atLeastOneBatch && end == start);
            if (!isWanted)
                break;
            (end, next) = (end + batch.SizeInBytes, batch.NextOffset);
        }
        return (end, next);
    }

    private long Locate(LogSegment segment, SharedFile file, long offset)
    {
        if (offset >= segment.NextOffset)
            return segment.Length;
        foreach (var (known, knownOffset, position) in _readEnds)
        {
            if (knownOffset == offset && known == segment)
                return position;
        }
        return segment.Locate(file, offset);
    }

    private void RememberReadEnd(LogSegment segment, long offset, long position)
    {
        // Readers at the end of the log all end at the same place: one of them is enough to remember.
        foreach (var (known, knownOffset, _) in _readEnds)
        {
            if (knownOffset == offset && known == segment)
                return;
        }
        _readEnds[_nextReadEnd] = (segment, offset, position);
        _nextReadEnd = (_nextReadEnd + 1) % _readEnds.Length;
    }

    private LogSlice Empty(long fetchOffset, FetchIsolation isolation) => new()
    {
        NextOffset = fetchOffset,
        HighWatermark = EndOffset,
        LastStableOffset = LastStableOffset,
        LogStartOffset = LogStartOffset,
        Aborted = isolation == FetchIsolation.ReadCommitted ? [] : null,
    };

    /// <summary>The segment whose range holds an offset; the first one for an offset before all.</summary>
    private int SegmentIndex(long offset)
    {
        int low = 0, high = _segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_segments[middle].BaseOffset <= offset)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}

/// <summary>Sees one batch of a log; false ends the visit.</summary>
internal delegate bool BatchVisitor(RecordBatchView batch);
