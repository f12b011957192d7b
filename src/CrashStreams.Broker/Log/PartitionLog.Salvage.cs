using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Log;

/// <summary>Saves the batches behind a damaged place, in a log whose records keep their meaning when they get other offsets: a journal.</summary>
internal sealed partial class PartitionLog
{
    private readonly bool _isJournal;

    /// <summary>As <see cref="Open"/>, for a journal: all of it is checked, and what is sound behind a damaged place is appended again.</summary>
    /// <exception cref="IOException">What is sound could not be stored again. Nothing is lost: the next start tries it again.</exception>
    public static PartitionLog OpenJournal(IStorage storage, string directory, LogConfig config, Action<LogDamage>? damaged)
    {
        var log = new PartitionLog(storage, directory, config, damaged, isJournal: true);
        log.Recover();
        return log;
    }

    /// <summary>Cuts the log off behind the sound batches of a segment; a journal's sound batches behind it are on the disk before, and in the log afterwards.</summary>
    private void CutAndSave(int index, long length)
    {
        if (!_isJournal)
        {
            ReportCut(index, length, []);
            CutBehind(index);
            return;
        }
        // A start that was interrupted has written them all, and may have cut off some since.
        var saved = SalvageFile.Read(_storage, Directory) ?? SoundBatchesBehind(index);
        ReportCut(index, length, saved);
        SalvageFile.Write(_storage, Directory, saved);
        CutBehind(index);
        _storage.FlushNames(Directory);
        Restore(saved);
    }

    /// <summary>Finishes what an earlier start has begun.</summary>
    private void FinishSalvage()
    {
        if (!_isJournal || SalvageFile.Read(_storage, Directory) is not { } saved)
            return;
        Report(SalvageFile.PathIn(Directory), 0, EndOffset, EndOffset, 0, $"an earlier start could not finish; {saved.Count} batches were appended again");
        Restore(saved);
    }

    /// <summary>Some may be in the log already: to have a record of a journal twice in the same order changes nothing.</summary>
    private void Restore(List<byte[]> saved)
    {
        foreach (var batch in saved)
        {
            var appended = Write(batch, leaderEpoch: 0, logAppendTimeMs: -1);
            if (appended.Error != ErrorCode.None)
                throw new IOException($"{Directory}: what lies behind a damaged place could not be stored again: {appended.Message}");
        }
        foreach (var segment in _unflushed)
            segment.Flush();
        _unflushed.Clear();
        SalvageFile.Delete(_storage, Directory);
    }

    /// <summary>The sound batches behind those that are known of a segment and in all segments after it, in order.</summary>
    private List<byte[]> SoundBatchesBehind(int index)
    {
        var batches = new List<byte[]>();
        for (var i = index; i < _segments.Count; i++)
        {
            var segment = _segments[i];
            var file = segment.Lease();
            try
            {
                using var scanner = new BatchScanner(file.File, i == index ? segment.Length : 0, file.File.Length);
                while (scanner.TryFindSound())
                    batches.Add(scanner.ReadBatch().Bytes.ToArray());
            }
            finally
            {
                file.Release();
            }
        }
        return batches;
    }
}
