namespace CrashStreams.Protocol.Records.Compression;

/// <summary>Compresses and decompresses the records of a batch, as one block.</summary>
internal static class RecordCompression
{
    public static void Compress(CompressionCodec codec, ReadOnlySpan<byte> source, PooledBuffer target)
    {
        switch (codec)
        {
            case CompressionCodec.None: target.Write(source); break;
            case CompressionCodec.Gzip: Gzip.Compress(source, target); break;
            case CompressionCodec.Snappy: XerialSnappy.Compress(source, target); break;
            case CompressionCodec.Lz4: Lz4.Compress(source, target); break;
            case CompressionCodec.Zstd: Zstd.Compress(source, target); break;
            default: throw new ArgumentOutOfRangeException(nameof(codec), codec, "Not a codec of the record format.");
        }
    }

    /// <summary>
    /// Decompresses into a buffer, whose limit bounds the result. The source must be one whole compressed block and nothing else: some readers wait
    /// for ever for the rest of a block without an end, others refuse what follows it.
    /// </summary>
    public static Decompression Decompress(CompressionCodec codec, ReadOnlySpan<byte> source, PooledBuffer target)
    {
        try
        {
            switch (codec)
            {
                case CompressionCodec.None: target.Write(source); return Decompression.Whole;
                case CompressionCodec.Gzip: Gzip.Decompress(source, target); return Decompression.Whole;
                case CompressionCodec.Snappy: XerialSnappy.Decompress(source, target); return Decompression.Whole;
                case CompressionCodec.Lz4: Lz4.Decompress(source, target); return Decompression.Whole;
                case CompressionCodec.Zstd: Zstd.Decompress(source, target); return Decompression.Whole;
                default: return Decompression.Damaged;
            }
        }
        catch (BufferLimitException)
        {
            return Decompression.TooLarge;
        }
        catch (Exception damaged) when (damaged is not OutOfMemoryException)
        {
            // The codecs report damage by a variety of exceptions (InvalidData, EndOfStream, ZstdException, NotImplemented, IndexOutOfRange, ...).
            return Decompression.Damaged;
        }
    }

    /// <summary>Refuses a block that says by itself that it is larger than the buffer may get, before any work is done for it.</summary>
    public static void CheckDeclaredSize(ulong size, PooledBuffer target)
    {
        if (size > (ulong)(target.Limit - target.Length))
            throw new BufferLimitException(target.Limit);
    }
}

/// <summary>How a decompression has ended.</summary>
internal enum Decompression
{
    Whole,

    /// <summary>The source is cut off, damaged, or of an unknown codec.</summary>
    Damaged,

    /// <summary>There is more than the buffer may hold.</summary>
    TooLarge,
}
