using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>The end of a segment: its bytes, its next offset, and the largest timestamp before.</summary>
internal readonly record struct SegmentEnd(long Length, long NextOffset, long MaxTimestamp);

/// <summary>
/// A part of a log: a file of batches, named after its first offset, and the index of it. The last segment takes appends, and its file is kept
/// open as long as the <see cref="FileBudget"/> allows; a closed one is opened while it is read. So the number of open files grows neither with
/// the log nor with the number of logs.
/// </summary>
internal sealed class LogSegment(IStorage storage, string directory, long baseOffset) : IKeptFile
{
    public const string LogSuffix = ".log";
    public const string IndexSuffix = ".index";
    private const int LocateBufferSize = 4096;

    private SharedFile? _open;
    private LinkedListNode<IKeptFile>? _kept;
    private bool _isActive;
    private bool _wasUsed;
    private bool _isNameUnflushed;
    private SparseIndex? _index;
    private long _maxTimestamp = RecordBatchHeader.NoTimestamp;
    private long? _firstTimestamp;

    public long BaseOffset { get; } = baseOffset;

    /// <summary>One past the last offset of the segment's range, which compaction may have emptied.</summary>
    public long NextOffset { get; set; } = baseOffset;

    /// <summary>Bytes of whole batches.</summary>
    public long Length { get; private set; }

    public string LogPath => PathOf(directory, BaseOffset, LogSuffix);
    public string IndexPath => PathOf(directory, BaseOffset, IndexSuffix);

    /// <summary>The largest timestamp in the segment, or -1.</summary>
    public long MaxTimestamp
    {
        get
        {
            EnsureIndex();
            return _maxTimestamp;
        }
    }

    public SparseIndex Index => EnsureIndex();

    public static string PathOf(string directory, long offset, string suffix) => $"{directory}/{offset:D20}{suffix}";

    /// <summary>Makes the file of a new, empty segment, and does not keep it open.</summary>
    /// <exception cref="IOException">There is such a file already, with something in it.</exception>
    public void CreateEmpty()
    {
        using var file = storage.Open(LogPath, create: true);
        if (file.Length > 0)
            throw new IOException($"{LogPath}: There is a file with that name.");
        (_isActive, _isNameUnflushed) = (true, true);
    }

    /// <summary>Opens the segment for appends behind its first <paramref name="length"/> bytes.</summary>
    public void OpenForAppend(long length)
    {
        _isActive = true;
        var file = Kept(create: true).File;
        if (file.Length > length)
            file.Truncate(length);
        Length = length;
        _isNameUnflushed |= length == 0; // it may be closed before it is flushed, and doesn't remember then that it is new
    }

    /// <summary>Takes a segment as it was closed, without opening it.</summary>
    public void AssumeClosed(long length, long nextOffset)
    {
        Length = length;
        NextOffset = nextOffset;
    }

    /// <summary>Restores what a checkpoint says about the part before its position; the rest is scanned by the caller.</summary>
    public void RestoreIndex(long position, long maxTimestamp)
    {
        _index = new SparseIndex();
        _maxTimestamp = maxTimestamp;
        if (position > 0 && storage.Exists(IndexPath))
        {
            using var file = storage.Open(IndexPath, create: false);
            _index.Load(file, position);
        }
        Length = position;
    }

    /// <summary>Writes a batch at the end. Its offsets are assigned already.</summary>
    public void Append(ReadOnlySpan<byte> batch, in RecordBatchView header, int indexIntervalBytes)
    {
        Kept().File.Write(Length, batch);
        Note(header, indexIntervalBytes);
    }

    /// <summary>Takes note of a batch that is in the file behind those noted so far.</summary>
    public void Note(in RecordBatchView header, int indexIntervalBytes)
    {
        var index = _index ??= new SparseIndex();
        if (index.IsDue(Length, indexIntervalBytes))
            index.Add((int)(header.BaseOffset - BaseOffset), (int)Length, Length == 0 ? long.MinValue : _maxTimestamp);
        if (Length == 0)
            _firstTimestamp = header.MaxTimestamp;
        _maxTimestamp = Math.Max(_maxTimestamp, header.MaxTimestamp);
        Length += header.SizeInBytes;
        NextOffset = header.NextOffset;
    }

    /// <summary>The time that segment.ms counts from: that of the first batch.</summary>
    public long? FirstTimestamp()
    {
        if (_firstTimestamp is not null || Length < RecordBatchHeader.Size)
            return _firstTimestamp;
        Span<byte> header = stackalloc byte[RecordBatchHeader.Size];
        var file = Lease();
        try
        {
            return file.Read(0, header) == header.Length ? _firstTimestamp = new RecordBatchView(header).MaxTimestamp : null;
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>Where the segment ends now, for <see cref="CutBack"/>.</summary>
    public SegmentEnd End => new(Length, NextOffset, _maxTimestamp);

    /// <summary>Takes back what was appended, or half written, since an end.</summary>
    public void CutBack(SegmentEnd end)
    {
        if (Length != end.Length)
        {
            _index?.Truncate(end.Length);
            (Length, NextOffset, _maxTimestamp) = (end.Length, end.NextOffset, end.MaxTimestamp);
        }
        Kept().File.Truncate(end.Length);
    }

    public void SaveIndex(bool closed, bool flush = false)
    {
        using var file = storage.Open(IndexPath, create: true);
        EnsureIndex().Save(file, closed ? new SegmentSummary(Length, _maxTimestamp) : null);
        if (flush)
            file.Flush();
    }

    /// <summary>Ends the appends.</summary>
    public void Close()
    {
        try
        {
            SaveIndex(closed: true);
        }
        catch (IOException)
        {
            // Whoever needs the index after a restart rebuilds it.
        }
        Abandon();
    }

    /// <summary>Lets go of the file without saving anything.</summary>
    public void Abandon()
    {
        _isActive = false;
        CloseUntilUsed();
    }

    public bool TakeUsed()
    {
        var was = _wasUsed;
        _wasUsed = false;
        return was;
    }

    public void CloseUntilUsed()
    {
        if (_kept is not null)
            storage.Budget.Forget(_kept);
        _kept = null;
        _open?.Release();
        _open = null;
    }

    /// <summary>The open file, to be released after use.</summary>
    public SharedFile Lease() => _isActive ? Kept().Share() : storage.Budget.Open(storage, LogPath, create: false);

    /// <summary>The file for a thread beside the loop.</summary>
    public SharedFile OpenBesideLoop() => storage.Budget.Count(storage.Open(LogPath, create: false));

    public void Flush()
    {
        if (_open is not null)
            _open.File.Flush();
        else
        {
            using var file = storage.Open(LogPath, create: false);
            file.Flush();
        }
        if (_isNameUnflushed)
            storage.FlushNames(directory);
        _isNameUnflushed = false;
    }

    private SharedFile Kept(bool create = false)
    {
        _wasUsed = true;
        return _open ?? Keep(create);
    }

    /// <summary>Opened first: to open it the budget may have to close all that it knows.</summary>
    private SharedFile Keep(bool create)
    {
        _open = storage.Budget.Open(storage, LogPath, create);
        _kept = storage.Budget.Keep(this);
        return _open;
    }

    public void Delete()
    {
        Abandon();
        storage.Delete(IndexPath);
        storage.Delete(LogPath);
    }

    /// <summary>The position of the batch that holds an offset, or of the first one behind it; the length if there is none.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    public long Locate(SharedFile file, long offset)
    {
        if (offset >= NextOffset)
            return Length;
        long position = offset <= BaseOffset ? 0 : EnsureIndex().FloorByOffset((int)Math.Min(offset - BaseOffset, int.MaxValue)).Position;
        Span<byte> buffer = stackalloc byte[LocateBufferSize];
        long start = position;
        var filled = 0;
        while (position < Length)
        {
            if (position + RecordBatchHeader.Size > start + filled)
            {
                start = position;
                filled = file.Read(start, buffer[..(int)Math.Min(buffer.Length, Length - start)]);
            }
            var at = (int)(position - start);
            if (filled - at < RecordBatchHeader.Size || !new RecordBatchView(buffer[at..]).IsHeaderPlausible)
                ThrowDamaged(position);
            var header = new RecordBatchView(buffer[at..]);
            if (header.LastOffset >= offset)
                return position;
            position += header.SizeInBytes;
        }
        return Length;
    }

    private SparseIndex EnsureIndex()
    {
        if (_index is not null)
            return _index;
        _index = new SparseIndex();
        if (storage.Exists(IndexPath))
        {
            using var file = storage.Open(IndexPath, create: false);
            if (_index.Load(file, Length) is { } summary && summary.Length == Length)
            {
                _maxTimestamp = summary.MaxTimestamp;
                return _index;
            }
        }
        return RebuildIndex();
    }

    private SparseIndex RebuildIndex()
    {
        var (length, nextOffset) = (Length, NextOffset);
        (Length, _index) = (0, new SparseIndex());
        var file = Lease();
        try
        {
            using var scanner = new BatchScanner(file.File, 0, length);
            while (scanner.TryReadHeader(out var header) && header.BaseOffset >= BaseOffset && header.BaseOffset - BaseOffset <= int.MaxValue)
                Note(header, LogConfig.Default.IndexIntervalBytes);
        }
        finally
        {
            file.Release();
        }
        (Length, NextOffset) = (length, nextOffset);
        SaveIndex(closed: true);
        return _index;
    }

    /// <exception cref="IOException">Always: the bytes at a position are no batch.</exception>
    public void ThrowDamaged(long position) => throw new IOException($"Log segment {LogPath} is damaged at byte {position}: no batch begins there.");
}
