using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace CrashStreams.Protocol.Records.Compression;

/// <summary>One member of the gzip format (RFC 1952).</summary>
internal static class Gzip
{
    private const int HeaderSize = 10;
    private const int TrailerSize = 8;
    private const int FlagsAt = 3;
    private const int HasHeaderChecksum = 2;
    private const int HasExtra = 4;
    private const int HasName = 8;
    private const int HasComment = 16;

    /// <summary>Deflate makes at most 258 bytes of 2 bits.</summary>
    private const int LargestRatio = 1032;

    /// <summary>How every member begins: the magic number, and deflate.</summary>
    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, 8];

    /// <summary>
    /// What a member of our own holds that is put behind the source. The library's stream ends without an error where its source does, also in
    /// the middle of a member, and it ignores what follows the last one: the seal comes out of it only behind a whole member with nothing
    /// after it. Random, so that no source can pretend to have it.
    /// </summary>
    private static readonly byte[] _seal = RandomNumberGenerator.GetBytes(16);
    private static readonly byte[] _sealMember = MemberOf(_seal);

    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        using var stream = new GZipStream(new BufferStream(target), CompressionLevel.Fastest);
        stream.Write(source);
    }

    public static unsafe void Decompress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        if (source.Length < HeaderSize + TrailerSize)
            throw new InvalidDataException("The gzip member is cut off.");
        var declared = BinaryPrimitives.ReadUInt32LittleEndian(source[^sizeof(uint)..]);
        if (declared == 0 || declared > (long)LargestRatio * source.Length)
            throw new InvalidDataException("The gzip member is empty, or lies about its size.");
        RecordCompression.CheckDeclaredSize(declared, target);
        fixed (byte* start = source)
        {
            using var stream = new GZipStream(new SealedStream(new UnmanagedMemoryStream(start, source.Length), _sealMember), CompressionMode.Decompress);
            stream.ReadExactly(target.GetSpan((int)declared)[..(int)declared]);
            target.Advance((int)declared);
            RequireSeal(stream);
            if (source[HeaderSize..].IndexOf(Magic) < 0)
                return; // there is no second member

            // Several members that are as long together as the last of them says: all others are empty.
            var header = SizeOfHeader(source);
            using var first = new DeflateStream(new UnmanagedMemoryStream(start + header, source.Length - header), CompressionMode.Decompress);
            if (first.ReadByte() < 0)
                throw new InvalidDataException("The first gzip member is empty.");
        }
    }

    private static void RequireSeal(GZipStream stream)
    {
        Span<byte> seal = stackalloc byte[_seal.Length];
        stream.ReadExactly(seal);
        if (!seal.SequenceEqual(_seal) || stream.ReadByte() >= 0)
            throw new InvalidDataException("The gzip member is not whole, or something follows it.");
    }

    private static int SizeOfHeader(ReadOnlySpan<byte> source)
    {
        var flags = source[FlagsAt];
        var size = HeaderSize;
        if ((flags & HasExtra) != 0)
            size += sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(source[size..]);
        if ((flags & HasName) != 0)
            size += source[size..].IndexOf((byte)0) + 1;
        if ((flags & HasComment) != 0)
            size += source[size..].IndexOf((byte)0) + 1;
        return (flags & HasHeaderChecksum) != 0 ? size + sizeof(ushort) : size;
    }

    private static byte[] MemberOf(ReadOnlySpan<byte> content)
    {
        using var member = new MemoryStream();
        using (var stream = new GZipStream(member, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(content);
        return member.ToArray();
    }

    /// <summary>A stream, then some bytes; a read never crosses the border.</summary>
    private sealed class SealedStream(Stream source, byte[] seal) : Stream
    {
        private int _sealAt;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            if (source.Read(buffer) is > 0 and var read)
                return read;
            var left = seal.AsSpan(_sealAt);
            left = left[..Math.Min(left.Length, buffer.Length)];
            left.CopyTo(buffer);
            _sealAt += left.Length;
            return left.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
