using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Streams;

namespace CrashStreams.Protocol.Records.Compression;

/// <summary>The LZ4 frame format.</summary>
internal static class Lz4
{
    // Kafka's own writer: independent blocks of 64 KiB, no content checksum.
    private static readonly LZ4EncoderSettings Settings = new() { CompressionLevel = LZ4Level.L00_FAST, BlockSize = 64 * 1024, ChainBlocks = false };

    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target) => LZ4Frame.Encode(source, target, Settings);

    public static void Decompress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        var frame = new Lz4FrameLayout(source);
        frame.Check();
        if (frame.ContentSize is { } size)
            RecordCompression.CheckDeclaredSize(size, target);
        var before = target.Length;
        LZ4Frame.Decode(source, target);
        frame.CheckContent(target.Written[before..]);
    }
}
