using CrashStreams.Protocol;

namespace CrashStreams.Broker.Log;

internal sealed partial class PartitionLog
{
    private const int PassedAtATime = 64;

    /// <summary>Segments before the log start, of which nobody knows any more. After a crash the next start deletes them.</summary>
    private readonly Queue<LogSegment> _passed = new();

    /// <summary>The segments with bytes that were not flushed since.</summary>
    private readonly HashSet<LogSegment> _unflushed = [];

    /// <summary>Moves the log start up to an offset; -1 is the high watermark. Whole segments before it are deleted.</summary>
    public ErrorCode DeleteRecordsBefore(long offset)
    {
        if (offset == -1)
            offset = HighWatermark;
        if (offset < 0 || offset > HighWatermark)
            return ErrorCode.OffsetOutOfRange;
        if (offset > LogStartOffset)
            MoveLogStart(offset);
        return ErrorCode.None;
    }

    /// <summary>Deletes the oldest segments that retention.ms and retention.bytes don't keep. The active one goes too, once all its records are old.</summary>
    public void ApplyRetention(long nowMs)
    {
        _producers.Expire(nowMs, Config.ProducerIdExpirationMs);
        if (!Config.Delete)
            return;
        var excess = Config.RetentionBytes < 0 ? long.MinValue : SizeInBytes - Config.RetentionBytes;
        var count = 0;
        for (var i = 0; i < _segments.Count && _segments[i].NextOffset <= LastStableOffset; i++)
        {
            var segment = _segments[i];
            var isTooMuch = segment != Active && excess >= segment.Length;
            if (isTooMuch || IsTooOld(segment, nowMs))
                count = i + 1;
            else if (segment == Active || segment.MaxTimestamp >= 0)
                break; // one without timestamps goes with the next that has some
            excess -= Config.RetentionBytes < 0 ? 0 : segment.Length;
        }
        if (count == 0)
            return;
        if (count == _segments.Count)
            Roll();
        MoveLogStart(_segments[count].BaseOffset);
    }

    private bool IsTooOld(LogSegment segment, long nowMs) =>
        Config.RetentionMs >= 0 && segment.MaxTimestamp >= 0 && nowMs - segment.MaxTimestamp > Config.RetentionMs;

    /// <summary>Forces everything to the disk.</summary>
    public void Flush()
    {
        if (_unflushed.Count == 0)
            return;
        foreach (var segment in _unflushed)
            segment.Flush();
        _unflushed.Clear();
        Active.SaveIndex(closed: false, flush: true);
        _aborted.Save(flush: true);
        MakeCheckpoint().Save(_storage, $"{Directory}/{Checkpoint.Flushed}", flush: true);
    }

    /// <summary>Closes the active segment and begins a new one, unless it is empty.</summary>
    public void Roll()
    {
        if (Active.Length == 0)
            return;
        var full = Active;
        AddActiveSegment(EndOffset);
        full.Close();
        SaveCheckpoint();
    }

    private void MoveLogStart(long offset)
    {
        LogStartOffset = offset;
        var count = _segments.FindIndex(segment => segment == Active || segment.NextOffset > offset);
        _aborted.DropBefore(offset);
        if (count > 0)
            SaveLogStart();
        foreach (var segment in _segments.Take(count))
        {
            _unflushed.Remove(segment);
            _passed.Enqueue(segment);
        }
        _segments.RemoveRange(0, count);
        Array.Clear(_readEnds);
        SaveCheckpoint();
        DeletePassed();
    }

    /// <summary>Deletes some of the segments that the log start has passed: thousands of them take seconds. True when there are more.</summary>
    public bool DeletePassed()
    {
        for (var left = PassedAtATime; left > 0 && _passed.TryDequeue(out var segment); left--)
            segment.Delete();
        return _passed.Count > 0;
    }

    /// <summary>Makes sure that a start after a crash doesn't take the segments that are about to be deleted for lost ones.</summary>
    private void SaveLogStart()
    {
        try
        {
            _aborted.Save(flush: true);
            MakeCheckpoint().Save(_storage, $"{Directory}/{Checkpoint.Latest}", flush: true);
        }
        catch (IOException)
        {
            // A full disk, on which the deletion makes room.
        }
    }

    /// <summary>Forces to the disk what was appended with <see cref="AppendOptions.DefersFlush"/>.</summary>
    /// <exception cref="IOException">The disk failed; what was appended may be lost by a power cut.</exception>
    public void FlushAppended()
    {
        foreach (var segment in _unflushed)
            segment.Flush();
        _unflushed.Clear();
        CheckpointIfDue();
    }

    private void CheckpointIfDue()
    {
        if (_checkpointedBytes >= Config.CheckpointBytes)
            SaveCheckpoint();
    }

    private void SaveCheckpoint()
    {
        _checkpointedBytes = 0;
        try
        {
            WriteCheckpoint();
        }
        catch (IOException)
        {
            // A full disk, say. The last checkpoint is still good: the next start has more to read.
        }
    }

    private void WriteCheckpoint()
    {
        var isFlushed = _unflushed.Count == 0;
        Active.SaveIndex(closed: false, isFlushed);
        _aborted.Save(isFlushed);
        var checkpoint = MakeCheckpoint();
        checkpoint.Save(_storage, $"{Directory}/{Checkpoint.Latest}", flush: false);
        if (isFlushed)
            checkpoint.Save(_storage, $"{Directory}/{Checkpoint.Flushed}", flush: true);
    }

    private Checkpoint MakeCheckpoint() => new()
    {
        Era = _storage.Era,
        Offset = EndOffset,
        SegmentBase = Active.BaseOffset,
        Position = Active.Length,
        MaxTimestamp = Active.MaxTimestamp,
        LogStartOffset = LogStartOffset,
        CleanedOffset = CleanedOffset,
        AbortedChecksum = _aborted.Checksum,
        Producers = _producers.Producers,
    };
}
