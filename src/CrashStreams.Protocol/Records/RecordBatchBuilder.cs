using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Protocol.Records;

/// <summary>Writes a record batch. One builder can write many: <see cref="Build"/>, use the bytes, reset.</summary>
internal sealed class RecordBatchBuilder : IDisposable
{
    private readonly PooledBuffer _batch = new();
    private PooledBuffer? _compressed;
    private RecordBatchHeader _header;
    private int? _lastOffsetDelta;

    /// <summary>Starts a batch with the header's base offset, producer, attributes (codec among them). Counts and timestamps follow from the records.</summary>
    public RecordBatchBuilder(RecordBatchHeader header) => Reset(header);

    public RecordBatchBuilder()
        : this(new RecordBatchHeader())
    {
    }

    public int RecordCount => _header.RecordCount;

    /// <summary>The size so far, before compression.</summary>
    public int SizeInBytes => _batch.Length;

    public void Reset() => Reset(new RecordBatchHeader());

    public void Reset(RecordBatchHeader header)
    {
        _batch.Clear();
        _batch.GetSpan(RecordBatchHeader.Size);
        _batch.Advance(RecordBatchHeader.Size);
        _header = header;
        _header.RecordCount = 0;
        _lastOffsetDelta = null;
        if ((header.Attributes & (BatchAttributes.DeleteHorizon | BatchAttributes.LogAppendTime)) == 0)
            _header.BaseTimestamp = _header.MaxTimestamp = RecordBatchHeader.NoTimestamp;
    }

    /// <summary>Adds a record after the last one. A null key or value is given by <see cref="RecordField.Null"/>.</summary>
    public void Append(long timestampMs, RecordField key, RecordField value, ReadOnlySpan<RecordHeader> headers = default)
    {
        var headerBytes = Varint.Size(headers.Length);
        foreach (var header in headers)
            headerBytes += Size(header.Key.Span) + (header.Value is { } present ? Size(present.Span) : 1);
        var target = BeginRecord(timestampMs, _header.RecordCount == 0 ? 0 : _header.LastOffsetDelta + 1, key, value, headerBytes);
        target = target[Varint.Write(target, headers.Length)..];
        foreach (var header in headers)
        {
            WriteBytes(ref target, header.Key.Span);
            WriteBytes(ref target, header.Value is { } present ? (RecordField)present.Span : RecordField.Null);
        }
    }

    /// <summary>Copies a record of another batch, with its offset delta.</summary>
    public void Append(in RecordBatchView source, in RecordView record)
    {
        var headers = record.RawHeaders;
        var target = BeginRecord(source.BaseTimestamp + record.TimestampDelta, record.OffsetDelta,
            record.HasKey ? (RecordField)record.Key : RecordField.Null, record.HasValue ? (RecordField)record.Value : RecordField.Null,
            Varint.Size(record.HeaderCount) + headers.Length);
        headers.CopyTo(target[Varint.Write(target, record.HeaderCount)..]);
    }

    /// <summary>Keeps room for offsets at the end that no record has any more.</summary>
    public void SetLastOffsetDelta(int delta) => _lastOffsetDelta = delta;

    /// <summary>Writes the header and returns the batch, valid until the next call on this builder.</summary>
    public Span<byte> Build()
    {
        _header.LastOffsetDelta = _lastOffsetDelta ?? _header.LastOffsetDelta;
        var batch = _batch;
        if (_header.RecordCount == 0)
            _header.Codec = CompressionCodec.None;
        if (_header.Codec != CompressionCodec.None)
        {
            batch = _compressed ??= new PooledBuffer();
            batch.Clear();
            batch.Write(_batch.Written[..RecordBatchHeader.Size]);
            RecordCompression.Compress(_header.Codec, _batch.Written[RecordBatchHeader.Size..], batch);
        }
        _header.Write(batch.Written);
        return batch.Written;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _compressed?.Dispose();
    }

    private Span<byte> BeginRecord(long timestampMs, int offsetDelta, RecordField key, RecordField value, int headerBytes)
    {
        var logAppendTime = (_header.Attributes & BatchAttributes.LogAppendTime) != 0;
        if (_header.BaseTimestamp == RecordBatchHeader.NoTimestamp)
            _header.BaseTimestamp = timestampMs;
        if (!logAppendTime && timestampMs > _header.MaxTimestamp)
            _header.MaxTimestamp = timestampMs;
        _header.LastOffsetDelta = offsetDelta;
        _header.RecordCount++;

        var timestampDelta = timestampMs - _header.BaseTimestamp;
        var body = 1 + Varint.Size(timestampDelta) + Varint.Size(offsetDelta) + Size(key) + Size(value) + headerBytes;
        var size = Varint.Size(body) + body;
        var target = _batch.GetSpan(size);
        _batch.Advance(size);
        target = target[Varint.Write(target, body)..];
        target[0] = 0;
        target = target[1..];
        target = target[Varint.Write(target, timestampDelta)..];
        target = target[Varint.Write(target, offsetDelta)..];
        WriteBytes(ref target, key);
        WriteBytes(ref target, value);
        return target;
    }

    private static int Size(RecordField bytes) => bytes.IsNull ? 1 : Varint.Size(bytes.Span.Length) + bytes.Span.Length;

    private static void WriteBytes(ref Span<byte> target, RecordField bytes)
    {
        target = target[Varint.Write(target, bytes.IsNull ? -1 : bytes.Span.Length)..];
        bytes.Span.CopyTo(target);
        target = target[bytes.Span.Length..];
    }
}
