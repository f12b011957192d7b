using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Log;

internal sealed partial class PartitionLog
{
    /// <summary>Up to here every key has been compared with all later ones.</summary>
    public long CleanedOffset { get; private set; }

    /// <summary>
    /// Begins a compaction if the topic is compacted and enough of it is dirty; else null. The caller runs its steps, where it likes, and
    /// hands it back to <see cref="CompleteCompaction"/>, or disposes it.
    /// </summary>
    public LogCompaction? BeginCompaction(long nowMs)
    {
        if (!Config.Compact)
            return null;
        RollForCompaction(nowMs);
        var segments = CleanableSegments(nowMs);
        var dirtyFrom = Math.Max(CleanedOffset, LogStartOffset);
        var dirty = segments.Where(segment => segment.NextOffset > dirtyFrom).ToList();
        var dirtyBytes = dirty.Sum(segment => segment.Length);
        var isDue = dirtyBytes > Config.MinCleanableDirtyRatio * segments.Sum(segment => segment.Length) || IsOverdue(dirty, nowMs);
        if (dirtyBytes == 0 || !isDue)
            return null;
        return new LogCompaction(_storage, Directory, segments, dirtyFrom, new CompactionContext
        {
            NowMs = nowMs,
            Config = Config,
            Aborted = [.. _aborted.Entries],
            Producers = _producers.Producers.ToDictionary(producer => producer.ProducerId, producer => (producer.Epoch, producer.LastDataOffset)),
        });
    }

    /// <summary>Swaps in what a finished compaction has written. Segments that retention deleted meanwhile stay deleted.</summary>
    /// <exception cref="IOException">The disk failed; the log is as it was, or as it is to be.</exception>
    public void CompleteCompaction(LogCompaction compaction)
    {
        if (!compaction.IsFinished)
            throw new InvalidOperationException("The compaction has steps left.");

        // Both checkpoints name a position in a segment. It has to be one that is not about to be replaced.
        WriteCheckpoint();
        _storage.Delete($"{Directory}/{Checkpoint.Flushed}");
        var isComplete = true;
        foreach (var compacted in compaction.Compacted)
            isComplete &= TrySwap(compacted);
        Array.Clear(_readEnds);
        if (isComplete)
        {
            CleanedOffset = compaction.CleanedUpTo;
            _aborted.Drop(compaction.PassedAborts);
        }
        SaveCheckpoint();
    }

    private bool TrySwap(CompactedSegment compacted)
    {
        var sources = compacted.Sources;
        var first = _segments.IndexOf(sources[0]);
        var isThere = first >= 0 && first + sources.Count < _segments.Count && _segments[first + sources.Count - 1] == sources[^1];
        if (!isThere)
        {
            _storage.Delete(LogSegment.PathOf(Directory, compacted.Segment.BaseOffset, CompactionSwap.CleanedSuffix));
            return false;
        }
        CompactionSwap.Apply(_storage, Directory, compacted.Segment.BaseOffset, compacted.Segment.NextOffset);
        _unflushed.ExceptWith(sources);
        _segments.RemoveRange(first, sources.Count);
        _segments.Insert(first, compacted.Segment);
        compacted.Segment.Close();
        return true;
    }

    /// <summary>The closed segments that hold neither undecided transactions nor records too young to compact.</summary>
    private List<LogSegment> CleanableSegments(long nowMs) => _segments.TakeWhile(segment => segment != Active && segment.NextOffset <= LastStableOffset
        && (Config.MinCompactionLagMs <= 0 || Saturating.Subtract(nowMs, segment.MaxTimestamp) >= Config.MinCompactionLagMs)).ToList();

    private bool IsOverdue(List<LogSegment> dirty, long nowMs) =>
        Config.MaxCompactionLagMs < long.MaxValue && dirty.Count > 0 && IsOverdue(dirty[0], nowMs);

    private bool IsOverdue(LogSegment segment, long nowMs) =>
        segment.FirstTimestamp() is { } first && Saturating.Subtract(nowMs, first) > Config.MaxCompactionLagMs;

    private void RollForCompaction(long nowMs)
    {
        var isTooOld = Config.MaxCompactionLagMs < long.MaxValue && Active.Length > 0 && IsOverdue(Active, nowMs);
        if (isTooOld)
            Roll();
    }
}
