using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Protocol.Records;

/// <summary>The records of a batch, decompressed into pooled memory when they need to be. Dispose it after the last record was read.</summary>
internal ref struct BatchContent
{
    /// <summary>For batches that are the reader's own, or were accepted already.</summary>
    public const int DefaultMaxBytes = 256 * 1024 * 1024;

    private readonly PooledBuffer? _buffer;
    private readonly ReadOnlySpan<byte> _records;
    private readonly int _count;

    private BatchContent(ReadOnlySpan<byte> records, int count, PooledBuffer? buffer)
    {
        _records = records;
        _count = count;
        _buffer = buffer;
    }

    public readonly RecordEnumerator Records => new(_records, _count);

    /// <summary>Opens a batch. False when its records can't be decompressed within <paramref name="maxBytes"/>.</summary>
    public static bool TryOpen(RecordBatchView batch, out BatchContent content, int maxBytes = DefaultMaxBytes) =>
        Open(batch, out content, maxBytes) == Decompression.Whole;

    /// <summary>Opens a batch, and says why it can't.</summary>
    public static Decompression Open(RecordBatchView batch, out BatchContent content, int maxBytes)
    {
        if (batch.Codec == CompressionCodec.None)
        {
            content = new BatchContent(batch.Payload, batch.RecordCount, null);
            return Decompression.Whole;
        }
        var buffer = new PooledBuffer(maxBytes, Math.Max(4096, 4 * Math.Min(batch.Payload.Length, maxBytes / 4)));
        var result = RecordCompression.Decompress(batch.Codec, batch.Payload, buffer);
        if (result == Decompression.Whole)
        {
            content = new BatchContent(buffer.Written, batch.RecordCount, buffer);
            return result;
        }
        buffer.Dispose();
        content = default;
        return result;
    }

    public readonly void Dispose() => _buffer?.Dispose();
}
