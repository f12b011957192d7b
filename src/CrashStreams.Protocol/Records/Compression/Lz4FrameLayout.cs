using System.Buffers.Binary;
using K4os.Hash.xxHash;

namespace CrashStreams.Protocol.Records.Compression;

/// <summary>
/// The parts of an LZ4 frame, checked as readers other than our decoder check them: a frame that one of them refuses, or waits for the end of,
/// stops it for ever.
/// <code>
/// magic u32, flags u8, block size u8, [content size u64], header checksum u8, blocks [size u32, bytes, [checksum u32]], 0 u32, [content checksum u32]
/// </code>
/// </summary>
internal readonly ref struct Lz4FrameLayout
{
    private const uint Magic = 0x184D2204;
    private const int FlagsAt = 4;
    private const int OptionalAt = 6;
    private const int Version1 = 0x40;
    private const int VersionMask = 0xC0;
    private const int HasBlockChecksums = 0x10;
    private const int HasContentSize = 0x08;
    private const int HasContentChecksum = 0x04;
    private const int ReservedFlag = 0x02;
    private const int HasDictionary = 0x01;
    private const int ReservedBlockBits = 0x8F;
    private const uint IsUncompressed = 0x80000000;

    private readonly ReadOnlySpan<byte> _source;
    private readonly int _flags;

    public Lz4FrameLayout(ReadOnlySpan<byte> source)
    {
        _source = source;
        _flags = source[FlagsAt];
    }

    private int HeaderChecksumAt => OptionalAt + (Has(HasContentSize) ? sizeof(ulong) : 0);

    private int MaxBlockSize => (_source[FlagsAt + 1] >> 4) switch { 4 => 64 * 1024, 5 => 256 * 1024, 6 => 1024 * 1024, 7 => 4 * 1024 * 1024, _ => 0 };

    /// <summary>The decompressed size that the frame says it has.</summary>
    public ulong? ContentSize => Has(HasContentSize) ? BinaryPrimitives.ReadUInt64LittleEndian(_source[OptionalAt..]) : null;

    /// <exception cref="InvalidDataException">The source is not exactly one sound frame.</exception>
    public void Check()
    {
        var isKnown = BinaryPrimitives.ReadUInt32LittleEndian(_source) == Magic && (_flags & VersionMask) == Version1
            && !Has(ReservedFlag) && !Has(HasDictionary) && (_source[FlagsAt + 1] & ReservedBlockBits) == 0 && MaxBlockSize > 0;
        if (!isKnown || _source[HeaderChecksumAt] != (byte)(XXH32.DigestOf(_source[FlagsAt..HeaderChecksumAt]) >> 8))
            throw new InvalidDataException("The header of the LZ4 frame is damaged, or uses something that Kafka's clients don't know.");
        var left = _source[(HeaderChecksumAt + 1)..];
        while (TakeBlock(ref left))
        {
        }
        if (left.Length != (Has(HasContentChecksum) ? sizeof(uint) : 0))
            throw new InvalidDataException("Something follows the LZ4 frame, or its end is missing.");
    }

    /// <exception cref="InvalidDataException">The frame's checksum is not that of the content.</exception>
    public void CheckContent(ReadOnlySpan<byte> content)
    {
        var isSound = (ContentSize is not { } size || size == (ulong)content.Length)
            && (!Has(HasContentChecksum) || BinaryPrimitives.ReadUInt32LittleEndian(_source[^sizeof(uint)..]) == XXH32.DigestOf(content));
        if (!isSound)
            throw new InvalidDataException("The content of the LZ4 frame is not what the frame says.");
    }

    /// <summary>Passes over a block. False at the end mark.</summary>
    private bool TakeBlock(ref ReadOnlySpan<byte> left)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(left);
        left = left[sizeof(uint)..];
        if (size == 0)
            return false;
        size &= ~IsUncompressed;
        if (size > MaxBlockSize)
            throw new InvalidDataException("A block of the LZ4 frame is larger than its header allows.");
        var block = left[..(int)size];
        left = left[block.Length..];
        if (!Has(HasBlockChecksums))
            return true;
        if (BinaryPrimitives.ReadUInt32LittleEndian(left) != XXH32.DigestOf(block))
            throw new InvalidDataException("A block of the LZ4 frame is damaged.");
        left = left[sizeof(uint)..];
        return true;
    }

    private bool Has(int flag) => (_flags & flag) != 0;
}
