using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>What recovery could not save, for whoever has to know.</summary>
internal sealed partial class PartitionLog
{
    /// <summary>How far behind damage a sound batch is looked for. No byte of a segment may be one of a batch.</summary>
    private const int SearchBytes = 2 * 1024 * 1024;

    private readonly Action<LogDamage>? _damaged;

    private readonly List<UnverifiedPart> _unverified = [];

    /// <summary>Where the log ended at the least, by what its checkpoints say.</summary>
    private long _checkpointedEnd;

    /// <summary>The check of what the start has not read; null when there is nothing.</summary>
    public LogVerification? BeginVerification()
    {
        if (_unverified.Count == 0)
            return null;
        var verification = new LogVerification([.. _unverified]);
        _unverified.Clear();
        return verification;
    }

    /// <summary>Reports what a verification has found in segments that are still there.</summary>
    public void CompleteVerification(LogVerification verification)
    {
        foreach (var (segment, damage) in verification.Found)
        {
            if (_segments.Contains(segment))
                _damaged?.Invoke(damage);
        }
    }

    private void ReportMissingStart(long expected, IReadOnlyList<long> offsets)
    {
        if (offsets.Count == 0)
            Report(LogSegment.PathOf(Directory, expected, LogSegment.LogSuffix), 0, expected, _checkpointedEnd, 0, "there is no segment file; the log begins empty");
        else if (offsets[0] > expected)
            Report(LogSegment.PathOf(Directory, expected, LogSegment.LogSuffix), 0, expected, offsets[0], 0, "the first segment files are missing");
    }

    /// <summary>To be called before the rest of the log is cut off behind the sound batches of a segment.</summary>
    private void ReportCut(int index, long length, IReadOnlyList<byte[]> saved)
    {
        if (_damaged is null)
            return;
        var segment = _segments[index];
        var (end, bytes) = (EndOfDamaged(segment, length), length - segment.Length);
        foreach (var later in _segments.Skip(index + 1))
        {
            var laterLength = FileLength(later);
            bytes += laterLength;
            end = Math.Max(Math.Max(end, later.BaseOffset), EndOfDamaged(later, laterLength));
        }
        var problem = segment.Length < length ? "a batch is damaged or only half there" : "the batches up to the next segment are missing";
        var outcome = _isJournal ? $"; {saved.Count} batches behind it were kept" : "; the log was cut off there";
        end = Math.Max(end, _checkpointedEnd) - saved.Sum(batch => new RecordBatchView(batch).LastOffsetDelta + 1L);
        Report(segment.LogPath, segment.Length, EndOffset, end, bytes - saved.Sum(batch => (long)batch.Length), problem + outcome);
    }

    /// <summary>Every batch that is there is sound, but once there were more.</summary>
    private void ReportMissingEnd()
    {
        if (EndOffset < _checkpointedEnd)
            Report(_segments.Count == 0 ? Directory : Active.LogPath, _segments.Count == 0 ? 0 : Active.Length, EndOffset, _checkpointedEnd, 0, "the end of the log is missing");
    }

    /// <summary>Up to which offset there were records, by what can still be read behind the sound part of a segment.</summary>
    private static long EndOfDamaged(LogSegment segment, long length)
    {
        var file = segment.Lease();
        try
        {
            var end = segment.NextOffset;
            using var scanner = new BatchScanner(file.File, segment.Length, length);
            if (scanner.TryReadHeader(out var damaged) && damaged.BaseOffset == end)
                end = damaged.NextOffset;
            while (scanner.TryFindSound(SearchBytes))
                end = Math.Max(end, scanner.ReadBatch().NextOffset);
            return end;
        }
        finally
        {
            file.Release();
        }
    }

    private void Report(string file, long position, long fromOffset, long endOffset, long bytes, string problem) =>
        _damaged?.Invoke(new LogDamage(file, position, fromOffset, Math.Max(0, endOffset - fromOffset), bytes, problem));
}
