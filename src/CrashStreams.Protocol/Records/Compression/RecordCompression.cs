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

    /// <summary>Decompresses into a buffer, whose limit bounds the result. False when the source is damaged, of an unknown codec or larger than the limit.</summary>
    public static bool TryDecompress(CompressionCodec codec, ReadOnlySpan<byte> source, PooledBuffer target)
    {
        try
        {
            switch (codec)
            {
                case CompressionCodec.None: target.Write(source); return true;
                case CompressionCodec.Gzip: Gzip.Decompress(source, target); return true;
                case CompressionCodec.Snappy: XerialSnappy.Decompress(source, target); return true;
                case CompressionCodec.Lz4: Lz4.Decompress(source, target); return true;
                case CompressionCodec.Zstd: Zstd.Decompress(source, target); return true;
                default: return false;
            }
        }
        catch (Exception damaged) when (damaged is not OutOfMemoryException)
        {
            // The codecs report damage by a variety of exceptions (InvalidData, EndOfStream, ZstdException, NotImplemented, IndexOutOfRange, ...).
            return false;
        }
    }
}
