using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>A segment that compaction wrote, and those that it replaces.</summary>
internal sealed record CompactedSegment(IReadOnlyList<LogSegment> Sources, LogSegment Segment);

/// <summary>
/// One compaction of a log, done in steps, on any thread: it reads closed segments, which nobody changes, and writes new files beside them.
/// <see cref="PartitionLog.CompleteCompaction"/> then swaps them in on the log's thread.
/// </summary>
internal sealed class LogCompaction : IDisposable
{
    private const int StepBytes = 4 * 1024 * 1024;

    /// <summary>Memory for the keys of one pass. What doesn't fit is left to the next.</summary>
    private const int MapBytes = 64 * 1024 * 1024;

    private readonly IStorage _storage;
    private readonly string _directory;
    private readonly IReadOnlyList<LogSegment> _segments;
    private readonly CompactionContext _context;
    private readonly KeyOffsetMap _latest;
    private readonly IEnumerator<long> _steps;
    private readonly List<CompactedSegment> _done = [];

    // A worker steps; the loop disposes, perhaps in the middle of a step.
    private readonly Lock _stepping = new();
    private bool _isDisposed;

    public LogCompaction(IStorage storage, string directory, IReadOnlyList<LogSegment> segments, long dirtyFrom, CompactionContext context, int mapBytes = MapBytes)
    {
        _storage = storage;
        _directory = directory;
        _segments = segments;
        _context = context;
        _latest = new KeyOffsetMap(mapBytes);
        CleanedUpTo = dirtyFrom;
        _steps = Run(dirtyFrom).GetEnumerator();
    }

    /// <summary>The log is clean up to this offset once the compaction is completed.</summary>
    public long CleanedUpTo { get; private set; }

    public IReadOnlyList<CompactedSegment> Compacted => _done;
    public IReadOnlySet<long> PassedAborts { get; private set; } = new HashSet<long>();
    public bool IsFinished { get; private set; }

    /// <summary>Does a few megabytes of the work. False when there is no more to do, or it was disposed.</summary>
    public bool Step()
    {
        lock (_stepping)
        {
            for (var bytes = 0L; bytes < StepBytes; bytes += _steps.Current)
            {
                if (_isDisposed)
                    return false;
                if (_steps.MoveNext())
                    continue;
                IsFinished = true;
                return false;
            }
            return true;
        }
    }

    /// <summary>Ends it, after the step that is being done.</summary>
    public void Dispose()
    {
        lock (_stepping)
        {
            _isDisposed = true;
            _steps.Dispose();
        }
    }

    /// <summary>The whole work; yields the bytes read since the last time.</summary>
    private IEnumerable<long> Run(long dirtyFrom)
    {
        foreach (var bytes in MapKeys(dirtyFrom))
            yield return bytes;
        using var compactor = new BatchCompactor(_context, _latest, CleanedUpTo);
        foreach (var group in Groups())
        {
            foreach (var bytes in Write(group, compactor))
                yield return bytes;
        }
        PassedAborts = compactor.PassedAborts;
    }

    private IEnumerable<long> MapKeys(long dirtyFrom)
    {
        var transactions = new TransactionScan(_context.Aborted);
        foreach (var segment in _segments.Where(segment => segment.NextOffset > dirtyFrom))
        {
            using var reader = new SegmentReader(segment);
            while (reader.MoveNext())
            {
                if (!TryMap(reader.Batch(), transactions, dirtyFrom))
                    yield break;
                yield return reader.BatchSize;
            }
            CleanedUpTo = segment.NextOffset;
        }
    }

    /// <summary>Notes the keys of a batch. False when they don't fit in memory any more: the log gets clean only up to there.</summary>
    private bool TryMap(RecordBatchView batch, TransactionScan transactions, long dirtyFrom)
    {
        CleanedUpTo = Math.Max(CleanedUpTo, batch.BaseOffset);
        if (batch.IsControl || transactions.IsAborted(batch) || batch.LastOffset < dirtyFrom || !BatchContent.TryOpen(batch, out var content, _context.Config.MaxDecompressedBytes))
            return true;
        using var opened = content;
        foreach (var record in content.Records)
        {
            if (record.HasKey && !_latest.TryPut(record.Key, batch.BaseOffset + record.OffsetDelta))
                return false;
        }
        return true;
    }

    /// <summary>Neighbours that fit into one segment together become one.</summary>
    private IEnumerable<List<LogSegment>> Groups()
    {
        var group = new List<LogSegment>();
        var bytes = 0L;
        foreach (var segment in _segments.TakeWhile(segment => segment.BaseOffset < CleanedUpTo))
        {
            var fits = bytes + segment.Length <= _context.Config.SegmentBytes && segment.NextOffset - (group.Count == 0 ? segment : group[0]).BaseOffset <= int.MaxValue;
            if (group.Count > 0 && !fits)
            {
                yield return group;
                (group, bytes) = ([], 0);
            }
            group.Add(segment);
            bytes += segment.Length;
        }
        if (group.Count > 0)
            yield return group;
    }

    private IEnumerable<long> Write(List<LogSegment> sources, BatchCompactor compactor)
    {
        var target = new LogSegment(_storage, _directory, sources[0].BaseOffset);
        using var file = _storage.Open(LogSegment.PathOf(_directory, target.BaseOffset, CompactionSwap.CleanedSuffix), create: true);
        file.Truncate(0);
        foreach (var source in sources)
        {
            using var reader = new SegmentReader(source);
            while (reader.MoveNext())
            {
                Copy(compactor.Compact(reader.Batch()), file, target);
                yield return reader.BatchSize;
            }
            reader.ExpectEnd();
        }
        FillUp(sources[^1].NextOffset, file, target);
        file.Flush();
        _done.Add(new CompactedSegment(sources, target));
    }

    /// <summary>Ends a segment whose last records are gone with a batch without records, so that a start after a crash sees that nothing is missing.</summary>
    private void FillUp(long nextOffset, IStorageFile file, LogSegment target)
    {
        if (target.NextOffset == nextOffset)
            return;
        Span<byte> filler = stackalloc byte[RecordBatchHeader.Size];
        new RecordBatchHeader { BaseOffset = target.NextOffset, LastOffsetDelta = (int)(nextOffset - target.NextOffset - 1) }.Write(filler);
        Copy(filler, file, target);
    }

    private void Copy(ReadOnlySpan<byte> kept, IStorageFile file, LogSegment target)
    {
        if (kept.IsEmpty)
            return;
        file.Write(target.Length, kept);
        target.Note(new RecordBatchView(kept), _context.Config.IndexIntervalBytes);
    }
}
