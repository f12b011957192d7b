using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>
/// The log of one partition: segments of record batches as the producers sent them, what its idempotent producers and
/// transactions have done, and its care (retention, compaction, checkpoints). One thread owns it; only slices leave that thread.
/// </summary>
internal sealed partial class PartitionLog : IDisposable
{
    private const string AbortedFile = "aborted";

    private readonly IStorage _storage;
    private readonly List<LogSegment> _segments = [];
    private readonly ProducerTable _producers = new();
    private readonly AbortedIndex _aborted;
    private long _checkpointedBytes;

    private PartitionLog(IStorage storage, string directory, LogConfig config, Action<LogDamage>? damaged, bool isJournal = false)
    {
        _storage = storage;
        _isJournal = isJournal;
        _damaged = damaged;
        Directory = directory;
        Config = config;
        _aborted = new AbortedIndex(storage, $"{directory}/{AbortedFile}");
    }

    /// <summary>The path of the log's directory in the storage.</summary>
    public string Directory { get; private set; }

    /// <summary>May be replaced at any time; what it says holds from the next call on.</summary>
    public LogConfig Config { get; set; }

    public long LogStartOffset { get; private set; }

    /// <summary>The offset that the next record gets. With a single copy of the log it is the high watermark too.</summary>
    public long EndOffset { get; private set; }

    public long HighWatermark => EndOffset;

    /// <summary>Where the earliest open transaction begins, or the end: what readers of committed data can see.</summary>
    public long LastStableOffset => Math.Max(LogStartOffset, Math.Min(_producers.FirstOpenOffset, EndOffset));

    /// <summary>Bytes of all segments.</summary>
    public long SizeInBytes => _segments.Sum(segment => segment.Length);

    /// <summary>False once the log was closed, abandoned or deleted.</summary>
    public bool IsOpen => _segments.Count > 0;

    /// <summary>Whether nothing was ever appended: there is nothing to write down.</summary>
    private bool IsUnused => EndOffset == 0 && LogStartOffset == 0;

    public int SegmentCount => _segments.Count;

    /// <summary>The largest timestamp of any batch, or -1.</summary>
    public long MaxTimestamp => _segments.Max(segment => segment.MaxTimestamp);

    public IReadOnlyCollection<ProducerState> Producers => _producers.Producers;
    public IEnumerable<ProducerState> OpenTransactions => _producers.OpenTransactions;
    public IReadOnlyList<AbortedEntry> AbortedTransactions => _aborted.Entries;

    /// <summary>Called after records became readable for readers of uncommitted data.</summary>
    public Action? Appended { get; set; }

    /// <summary>Called after records became readable for readers of committed data.</summary>
    public Action? LastStableOffsetMoved { get; set; }

    private LogSegment Active => _segments[^1];

    /// <summary>A new log, in a directory of its own. No file of it is kept open before it is used.</summary>
    public static PartitionLog Create(IStorage storage, string directory, LogConfig config)
    {
        var log = new PartitionLog(storage, directory, config, damaged: null);
        storage.CreateDirectory(directory);
        var segment = log.NewSegment(0);
        segment.CreateEmpty();
        log._segments.Add(segment);
        return log;
    }

    public void Dispose() => Close();

    /// <summary>Writes down what makes the next start fast. With <paramref name="flush"/> that start may even come after a power cut.</summary>
    public void Close(bool flush = false)
    {
        if (_segments.Count == 0)
            return;
        try
        {
            if (flush)
                Flush();
            if (!IsUnused)
                SaveCheckpoint();
        }
        catch (IOException)
        {
            // A full disk: the next start looks through the log instead of trusting a checkpoint. The other logs are still to be closed.
        }
        Abandon();
    }

    /// <summary>Lets go of all files without saving anything, as the end of the process does.</summary>
    public void Abandon()
    {
        foreach (var segment in _segments)
            segment.Abandon();
        _segments.Clear();
    }

    private LogSegment NewSegment(long baseOffset) => new(_storage, Directory, baseOffset);

    private void AddActiveSegment(long baseOffset)
    {
        var segment = NewSegment(baseOffset);
        segment.OpenForAppend(0);
        _storage.Delete(segment.IndexPath);
        _segments.Add(segment);
        _unflushed.Add(segment);
    }

    private void FlushActive()
    {
        Active.Flush();
        _unflushed.Remove(Active);
    }
}
