using ZstdSharp;
using ZstdSharp.Unsafe;

namespace CrashStreams.Protocol.Records.Compression;

internal static class Zstd
{
    private const int Level = 3;

    // A window of 8 MiB is what level 19 uses; a frame that asks for more would make the reader allocate it up front.
    private const int MaxWindowLog = 23;

    // ZSTD_CONTENTSIZE_ERROR; the value after it is ZSTD_CONTENTSIZE_UNKNOWN.
    private const ulong SizeError = ulong.MaxValue - 1;

    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        using var compressor = new Compressor(Level);
        target.Advance(compressor.Wrap(source, target.GetSpan(Compressor.GetCompressBound(source.Length))));
    }

    public static unsafe void Decompress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        fixed (byte* start = source)
        {
            if (Methods.ZSTD_getFrameContentSize(start, (nuint)source.Length) is < SizeError and var declared)
                RecordCompression.CheckDeclaredSize(declared, target);
            using var stream = new DecompressionStream(new UnmanagedMemoryStream(start, source.Length));
            stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
            for (int read; (read = stream.Read(target.GetSpan(1))) > 0;)
                target.Advance(read);
        }
    }
}
