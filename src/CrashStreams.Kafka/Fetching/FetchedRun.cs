using System.Runtime.InteropServices;
using CrashStreams.Log;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// The batches of one partition in one answer. They are read in place, as polls take them: a poll may end in the middle of a batch.
/// </summary>
internal sealed class FetchedRun
{
    private readonly Frame _frame;
    private readonly AbortedTransactions? _aborted;
    private readonly int _end;
    private int _at;
    private PooledBuffer? _decompressed;

    // The batch that is being read: where its records go on, and how many are left.
    private byte[] _source = [];
    private int _sourceAt;
    private int _sourceEnd;
    private int _left;
    private long _baseOffset;
    private long _nextOffset;
    private long _baseTimestamp;
    private long _appendTime = RecordBatchHeader.NoTimestamp;

    /// <summary>Takes batches that lie in a frame, which it holds.</summary>
    public FetchedRun(PartitionFetch partition, Frame frame, ReadOnlyMemory<byte> batches, AbortedTransactions? aborted)
    {
        Partition = partition;
        Generation = partition.Generation;
        _aborted = aborted;
        _frame = frame;
        frame.Hold();
        MemoryMarshal.TryGetArray(batches, out var segment);
        _at = segment.Offset;
        _end = segment.Offset + segment.Count;
        Bytes = segment.Count;
    }

    public PartitionFetch Partition { get; }

    /// <summary>The partition's when it was fetched: when that has moved on, nobody wants it.</summary>
    public int Generation { get; }

    /// <summary>What it counts for in the memory that consumers may fetch ahead.</summary>
    public int Bytes { get; }

    /// <summary>The first batches of an answer that are whole, and the offset behind them. False: what follows them is no batch.</summary>
    public static bool TryWalk(ref ReadOnlyMemory<byte> records, ref long next)
    {
        var span = records.Span;
        var at = 0;
        var read = BatchRead.Whole;
        while (at < span.Length && (read = RecordBatchView.TryRead(span[at..], out var batch)) == BatchRead.Whole)
        {
            if (!batch.IsCrcValid)
            {
                read = BatchRead.Malformed;
                break;
            }

            next = batch.NextOffset;
            at += (int)batch.SizeInBytes;
        }

        // A broker fills its answer up with the beginning of a batch, but never begins with one that it cuts.
        records = records[..at];
        return read == BatchRead.Whole || (read == BatchRead.Cut && at > 0);
    }

    /// <summary>Moves records into a poll's batch. True: nothing is left, and the memory is the batch's.</summary>
    /// <exception cref="LogException">The records are damaged.</exception>
    public bool MoveTo(FetchedBatch target)
    {
        while (true)
        {
            if (_left > 0 && !MoveRecords(target))
                return false;
            EndBatch(target);
            if (_at == _end)
            {
                target.Keep(_frame);
                return true;
            }

            BeginBatch();
        }
    }

    /// <summary>Gives the memory back without reading on.</summary>
    public void Drop()
    {
        _decompressed?.Dispose();
        _decompressed = null;
        _frame.Release();
    }

    private void BeginBatch()
    {
        // Lengths and checksums were looked at when the answer came.
        RecordBatchView.TryRead(_frame.Bytes.AsSpan(_at.._end), out var batch);
        (_baseOffset, _nextOffset, _baseTimestamp) = (batch.BaseOffset, batch.NextOffset, batch.BaseTimestamp);
        _appendTime = batch.IsLogAppendTime ? batch.MaxTimestamp : RecordBatchHeader.NoTimestamp;
        var payloadAt = _at + RecordBatchHeader.Size;
        _at += (int)batch.SizeInBytes;
        var isHidden = _aborted?.Hides(batch) ?? false;
        if (isHidden || batch.IsControl || _nextOffset <= Partition.Progress.Position)
            return;

        _left = batch.RecordCount;
        if (batch.Codec == CompressionCodec.None)
        {
            (_source, _sourceAt, _sourceEnd) = (_frame.Bytes, payloadAt, _at);
            return;
        }

        _decompressed = new PooledBuffer(BatchContent.DefaultMaxBytes, 4 * batch.Payload.Length);
        if (RecordCompression.Decompress(batch.Codec, batch.Payload, _decompressed) != Decompression.Whole)
            throw Damaged();
        MemoryMarshal.TryGetArray<byte>(_decompressed.WrittenMemory, out var segment);
        (_source, _sourceAt, _sourceEnd) = (segment.Array!, segment.Offset, segment.Offset + segment.Count);
    }

    // What polls have passed over counts as read, too: control records, aborted transactions, what compaction has left out.
    private void EndBatch(FetchedBatch target)
    {
        if (_nextOffset > Partition.Progress.Position)
            Partition.Progress.Position = _nextOffset;
        if (_decompressed is null)
            return;
        target.Keep(_decompressed);
        _decompressed = null;
    }

    // False: the target is full.
    private bool MoveRecords(FetchedBatch target)
    {
        var (source, at, position) = (_source, _sourceAt, Partition.Progress.Position);
        var records = new RecordEnumerator(source.AsSpan(at, _sourceEnd - at), _left);
        while (_left > 0)
        {
            if (target.IsFull)
                break;
            if (!records.MoveNext())
                throw Damaged();
            _left--;
            var offset = _baseOffset + records.OffsetDelta;
            // A batch begins in front of the offset that was asked for when that lies in its middle.
            if (offset < position)
                continue;

            ref var entry = ref target.Add();
            var (keyAt, keyLength) = records.KeyPlace;
            var (valueAt, valueLength) = records.ValuePlace;
            entry.Source = source;
            entry.Offset = offset;
            entry.Timestamp = _appendTime >= 0 ? _appendTime : _baseTimestamp + records.TimestampDelta;
            entry.KeyAt = at + keyAt;
            entry.KeyLength = keyLength;
            entry.ValueAt = at + valueAt;
            entry.ValueLength = valueLength;
            entry.HeaderCount = records.HeaderCount;
            entry.HeadersAt = at + records.HeadersAt;
            entry.HeadersEnd = at + records.Position;
            entry.Partition = Partition.Index;
            position = offset + 1;
        }

        Partition.Progress.Position = position;
        _sourceAt = at + records.Position;
        return _left == 0;
    }

    private LogException Damaged() => FetchErrors.Damaged(Partition.Partition, _baseOffset);
}
