using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>Saves the batches behind a damaged place, in a log whose records keep their meaning when they get other offsets: a journal.</summary>
internal sealed partial class PartitionLog
{
    private readonly bool _isJournal;

    /// <summary>As <see cref="Open"/>, for a journal: all of it is checked, and what is sound behind a damaged place is appended again.</summary>
    public static PartitionLog OpenJournal(IStorage storage, string directory, LogConfig config, Action<LogDamage>? damaged)
    {
        var log = new PartitionLog(storage, directory, config, damaged, isJournal: true);
        log.Recover();
        return log;
    }

    /// <summary>The sound batches behind those that are known of a segment and in all segments after it, in order.</summary>
    private List<byte[]> SoundBatchesBehind(int index)
    {
        var batches = new List<byte[]>();
        if (!_isJournal)
            return batches;
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

    private void AppendSaved(List<byte[]> batches)
    {
        foreach (var batch in batches)
            Write(batch, leaderEpoch: 0, logAppendTimeMs: -1);
    }
}
