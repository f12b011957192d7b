using System.IO.Compression;

namespace CrashStreams.Protocol.Records.Compression;

internal static class Gzip
{
    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        using var stream = new GZipStream(new BufferStream(target), CompressionLevel.Fastest);
        stream.Write(source);
    }

    public static unsafe void Decompress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        fixed (byte* start = source)
        {
            using var stream = new GZipStream(new UnmanagedMemoryStream(start, source.Length), CompressionMode.Decompress);
            for (int read; (read = stream.Read(target.GetSpan(1))) > 0;)
                target.Advance(read);
        }
    }
}
