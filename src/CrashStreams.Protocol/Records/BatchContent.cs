using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Protocol.Records;

/// <summary>The records of a batch, decompressed into pooled memory when they need to be. Dispose it after the last record was read.</summary>
internal ref struct BatchContent
{
    /// <summary>A batch never holds more than this: the largest request, times what a sane producer's data compresses to.</summary>
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
    public static bool TryOpen(RecordBatchView batch, out BatchContent content, int maxBytes = DefaultMaxBytes)
    {
        if (batch.Codec == CompressionCodec.None)
        {
            content = new BatchContent(batch.Payload, batch.RecordCount, null);
            return true;
        }
        var buffer = new PooledBuffer(maxBytes, Math.Max(4096, 4 * Math.Min(batch.Payload.Length, maxBytes / 4)));
        if (!RecordCompression.TryDecompress(batch.Codec, batch.Payload, buffer))
        {
            buffer.Dispose();
            content = default;
            return false;
        }
        content = new BatchContent(buffer.Written, batch.RecordCount, buffer);
        return true;
    }

    public readonly void Dispose() => _buffer?.Dispose();
}
