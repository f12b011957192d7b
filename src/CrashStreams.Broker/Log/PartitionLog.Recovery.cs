using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

internal sealed partial class PartitionLog
{
    /// <summary>
    /// Opens the log in a directory, or makes an empty one. After a crash what lies behind the last checkpoint is read and checked, and
    /// the log is cut off where the batches end.
    /// </summary>
    /// <param name="storage">Where the directory is.</param>
    /// <param name="directory">Its path.</param>
    /// <param name="config">How the log is kept.</param>
    /// <param name="damaged">Called for each loss that is found. Null: the log is new, and has nothing to lose.</param>
    public static PartitionLog Open(IStorage storage, string directory, LogConfig config, Action<LogDamage>? damaged = null)
    {
        var log = new PartitionLog(storage, directory, config, damaged);
        log.Recover();
        return log;
    }

    private void Recover()
    {
        _storage.CreateDirectory(Directory);
        CompactionSwap.Recover(_storage, Directory, _damaged);
        var latest = LoadCheckpoint(Checkpoint.Latest);
        var flushed = LoadCheckpoint(Checkpoint.Flushed);
        var offsets = CompactionSwap.SegmentOffsets(_storage, Directory);
        var checkpointedStart = Math.Max(latest?.LogStartOffset ?? 0, flushed?.LogStartOffset ?? 0);
        _checkpointedEnd = Math.Max(latest?.Offset ?? 0, flushed?.Offset ?? 0);
        ReportMissingStart(checkpointedStart, offsets);
        LogStartOffset = Math.Max(checkpointedStart, offsets.Count == 0 ? 0 : offsets[0]);
        foreach (var offset in offsets)
            _segments.Add(NewSegment(offset));

        var isSameEra = latest is not null && latest.Era.Length > 0 && latest.Era == _storage.Era;
        var start = isSameEra && Fits(latest!) ? latest : flushed is not null && Fits(flushed) ? flushed : null;
        CleanedOffset = start?.CleanedOffset ?? 0;
        if (_isJournal)
            start = null; // it is read as a whole anyway, and every batch of it counts
        var scanned = ReplayFrom(start);
        if (_segments.Count == 0 || EndOffset < LogStartOffset)
            BeginEmpty();
        DropSegmentsBeforeStart();
        _aborted.DropBefore(LogStartOffset);
        NoteUnflushed(flushed?.Offset ?? 0);
        if (!IsUnused && (scanned > 0 || start is null || start != latest))
            SaveCheckpoint();
    }

    private Checkpoint? LoadCheckpoint(string name)
    {
        var path = $"{Directory}/{name}";
        var checkpoint = Checkpoint.Load(_storage, path);
        if (checkpoint is null && _storage.Exists(path))
            Report(path, 0, 0, 0, 0, "a checkpoint is damaged; it can't be said whether the end of the log is missing");
        return checkpoint;
    }

    /// <summary>Whether the files hold what a checkpoint was taken of.</summary>
    private bool Fits(Checkpoint checkpoint)
    {
        var segment = _segments.Find(segment => segment.BaseOffset == checkpoint.SegmentBase);
        if (segment is null || FileLength(segment) < checkpoint.Position)
            return false;
        _aborted.Load(checkpoint.LogStartOffset, checkpoint.Offset);
        return _aborted.Checksum == checkpoint.AbortedChecksum;
    }

    /// <summary>Reads the log from a checkpoint on, or all of it. Returns the bytes that were read or cut off.</summary>
    private long ReplayFrom(Checkpoint? checkpoint)
    {
        if (checkpoint is null)
            _aborted.Clear();
        foreach (var producer in checkpoint?.Producers ?? [])
            _producers.Restore(producer);
        var first = checkpoint is null ? 0 : _segments.FindIndex(segment => segment.BaseOffset == checkpoint.SegmentBase);
        for (var i = 0; i < first; i++)
        {
            _segments[i].AssumeClosed(FileLength(_segments[i]), _segments[i + 1].BaseOffset);
            _unverified.Add(new(_segments[i], _segments[i].Length, _segments[i].NextOffset));
        }

        EndOffset = checkpoint?.Offset ?? (_segments.Count == 0 ? 0 : _segments[0].BaseOffset);
        var scanned = 0L;
        for (var i = first; i < _segments.Count; i++)
        {
            var segment = _segments[i];
            var position = checkpoint is not null && i == first ? checkpoint.Position : 0;
            segment.RestoreIndex(position, position > 0 ? checkpoint!.MaxTimestamp : RecordBatchHeader.NoTimestamp);
            segment.NextOffset = Math.Max(EndOffset, segment.BaseOffset);
            if (position > 0)
                _unverified.Add(new(segment, position, EndOffset));
            var length = FileLength(segment);
            scanned += length - position;
            var following = i == _segments.Count - 1 ? null : _segments[i + 1];
            if (!Scan(segment, length, following?.BaseOffset))
            {
                CutAndSave(i, length);
                return scanned;
            }
            segment.NextOffset = following?.BaseOffset ?? EndOffset;
            if (following is not null)
                segment.Close();
        }
        if (_segments.Count > 0)
        {
            ReportMissingEnd();
            Active.OpenForAppend(Active.Length);
            FinishSalvage();
        }
        return scanned;
    }

    /// <summary>Ends the log behind the sound batches of a segment.</summary>
    private void CutBehind(int index)
    {
        var isLast = index == _segments.Count - 1;
        DeleteSegmentsFrom(index + 1);
        Active.OpenForAppend(Active.Length);

        // Offsets in an active segment have no gaps; those of one that was closed may, if it was compacted.
        if (!isLast)
            Roll();
    }

    /// <summary>Takes note of the sound batches of a segment behind those known. False when something else follows them.</summary>
    private bool Scan(LogSegment segment, long length, long? nextSegment)
    {
        var file = segment.Lease();
        try
        {
            EndOffset = segment.NextOffset;
            using var scanner = new BatchScanner(file.File, segment.Length, length);
            while (scanner.TryReadHeader(out var header) && IsInPlace(header, segment, nextSegment) && scanner.IsCrcValid(header.Crc))
            {
                segment.Note(header, Config.IndexIntervalBytes);
                EndOffset = header.NextOffset;
                Track(header.IsControl ? scanner.ReadBatch() : header);
            }

            // A closed segment reaches up to the next one: if it doesn't, its end was lost at the border of a batch.
            return segment.Length == length && (nextSegment is null || EndOffset == nextSegment);
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>The CRC doesn't cover the offset: compaction leaves gaps in closed segments, but nothing else does.</summary>
    private bool IsInPlace(in RecordBatchView batch, LogSegment segment, long? nextSegment)
    {
        if (batch.LastOffset - segment.BaseOffset > int.MaxValue)
            return false;
        return nextSegment is { } next ? batch.BaseOffset >= EndOffset && batch.LastOffset < next : batch.BaseOffset == EndOffset;
    }

    private void BeginEmpty()
    {
        DeleteSegmentsFrom(0);
        _producers.Clear();
        _aborted.Clear();
        EndOffset = LogStartOffset;
        AddActiveSegment(EndOffset);
    }

    private void DeleteSegmentsFrom(int index)
    {
        foreach (var segment in _segments.Skip(index))
            segment.Delete();
        _segments.RemoveRange(index, _segments.Count - index);
    }

    private void DropSegmentsBeforeStart()
    {
        var count = _segments.FindIndex(segment => segment == Active || segment.NextOffset > LogStartOffset);
        foreach (var segment in _segments.Take(count))
            segment.Delete();
        _segments.RemoveRange(0, count);
    }

    private void NoteUnflushed(long flushedOffset)
    {
        foreach (var segment in _segments)
        {
            if (segment.NextOffset > flushedOffset)
                _unflushed.Add(segment);
        }
    }

    private long FileLength(LogSegment segment)
    {
        using var file = _storage.Open(segment.LogPath, create: false);
        return file.Length;
    }
}
