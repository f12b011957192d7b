using System.Buffers.Binary;
using Snappier;

namespace CrashStreams.Protocol.Records.Compression;

/// <summary>Snappy in both forms that producers write: Java's frame of blocks, and librdkafka's single raw block.</summary>
/// <remarks>Frame: <c>82 'SNAPPY' 00, int32 version 1, int32 compatible 1</c>, then blocks of <c>int32 length, raw snappy</c>.</remarks>
internal static class XerialSnappy
{
    private const int FrameHeaderSize = 16;
    private const int VersionAt = 8;
    private const int BlockSize = 32 * 1024;

    private static ReadOnlySpan<byte> FrameHeader => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];

    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        target.Write(FrameHeader);
        for (; source.Length > 0; source = source[Math.Min(BlockSize, source.Length)..])
        {
            var block = source[..Math.Min(BlockSize, source.Length)];
            var space = target.GetSpan(4 + Snappy.GetMaxCompressedLength(block.Length));
            var size = Snappy.Compress(block, space[4..]);
            BinaryPrimitives.WriteInt32BigEndian(space, size);
            target.Advance(4 + size);
        }
    }

    public static void Decompress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        if (!source.StartsWith(FrameHeader[..8]))
        {
            DecompressBlock(source, target);
            return;
        }
        if (BinaryPrimitives.ReadInt32BigEndian(source[VersionAt..]) < 1)
            throw new InvalidDataException("The frame has a version that Java's reader refuses.");
        for (source = source[FrameHeaderSize..]; source.Length > 0;)
        {
            var size = BinaryPrimitives.ReadInt32BigEndian(source);
            DecompressBlock(source.Slice(4, size), target);
            source = source[(4 + size)..];
        }
    }

    private static void DecompressBlock(ReadOnlySpan<byte> block, PooledBuffer target)
    {
        var size = Snappy.GetUncompressedLength(block);

        // A copy element makes at most 64 bytes from 3: a larger claim is a lie, found before memory is taken for it.
        if (size > 64L * block.Length)
            throw new InvalidDataException("The block claims more data than snappy can pack into it.");
        RecordCompression.CheckDeclaredSize((ulong)size, target);
        target.Advance(Snappy.Decompress(block, target.GetSpan(size)[..size]));
    }
}
