using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>Reads the batches of a closed segment, whole.</summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly LogSegment _segment;
    private readonly SharedFile _file;
    private readonly BatchScanner _scanner;

    public SegmentReader(LogSegment segment)
    {
        _segment = segment;
        _file = segment.OpenBesideLoop();
        _scanner = new BatchScanner(_file.File, 0, segment.Length);
    }

    public long BatchSize => _scanner.NextPosition - _scanner.Position;

    /// <exception cref="IOException">The batch is damaged: written again it would look sound.</exception>
    public bool MoveNext()
    {
        if (!_scanner.TryReadHeader(out var header))
            return false;
        if (!_scanner.IsCrcValid(header.Crc))
            throw new IOException($"Log segment {_segment.LogPath} is damaged at byte {_scanner.Position}: the CRC does not fit the batch.");
        return true;
    }

    public RecordBatchView Batch() => _scanner.ReadBatch();

    /// <summary>Throws if the reading ended before the segment did: its file is damaged.</summary>
    public void ExpectEnd()
    {
        if (_scanner.NextPosition != _segment.Length)
            throw new IOException($"Log segment {_segment.LogPath} is damaged at byte {_scanner.NextPosition}: no batch begins there.");
    }

    public void Dispose()
    {
        _scanner.Dispose();
        _file.Release();
    }
}
