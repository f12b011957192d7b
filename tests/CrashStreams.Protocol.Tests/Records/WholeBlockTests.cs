using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Protocol.Tests.Records;

/// <summary>A compressed block counts only as a whole: what is cut off, or followed by something, stops some reader for ever.</summary>
public sealed class WholeBlockTests
{
    private static readonly CompressionCodec[] _codecs = [CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd];

    public static TheoryData<byte, int> Blocks
    {
        get
        {
            var data = new TheoryData<byte, int>();
            foreach (var codec in _codecs)
            {
                foreach (var size in new[] { 1, 50, 3000, 40_000, 200_000 })
                    data.Add((byte)codec, size);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_whole_block_is_decompressed(byte codec, int size)
    {
        var content = Content(size);
        using var target = new PooledBuffer(size);
        RecordCompression.Decompress((CompressionCodec)codec, Compress((CompressionCodec)codec, content), target).Should().Be(Decompression.Whole);
        target.Written.ToArray().Should().Equal(content);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_that_is_cut_anywhere_is_not_the_whole_content(byte codec, int size)
    {
        var content = Content(size);
        var whole = Compress((CompressionCodec)codec, content);
        for (var length = 0; length < whole.Length; length += length < 40 || whole.Length - length < 40 ? 1 : 997)
            IsContent((CompressionCodec)codec, whole.AsSpan(0, length), content).Should().BeFalse($"{length} of {whole.Length} bytes are not all");
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Nothing_follows_a_block(byte codec, int size)
    {
        var content = Content(size);
        var whole = Compress((CompressionCodec)codec, content);
        byte[][] garbage = [[0], [0x1f], [0x1f, 0x8b], [1, 2, 3, 4], new byte[8], whole, Compress((CompressionCodec)codec, [7]), whole[^4..], whole[^8..]];
        foreach (var behind in garbage)
            IsContent((CompressionCodec)codec, [.. whole, .. behind], content).Should().BeFalse($"{Convert.ToHexString(behind.AsSpan(0, Math.Min(20, behind.Length)))} follows");
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_is_refused_when_it_is_larger_than_the_limit(byte codec, int size)
    {
        using var target = new PooledBuffer(size - 1, initialSize: 1);
        RecordCompression.Decompress((CompressionCodec)codec, Compress((CompressionCodec)codec, Content(size)), target).Should().Be(Decompression.TooLarge);
    }

    [Fact]
    public void A_gzip_block_with_an_empty_member_before_is_refused()
    {
        var content = Content(100);
        var member = Compress(CompressionCodec.Gzip, content);
        byte[] empty = [.. member.AsSpan(0, 10), 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        IsContent(CompressionCodec.Gzip, [.. empty, .. member], content).Should().BeFalse("readers of one member see nothing");
        IsContent(CompressionCodec.Gzip, [.. member, .. empty], content).Should().BeFalse();
    }

    [Theory]
    [InlineData(0x04)] // extra field
    [InlineData(0x08)] // name
    [InlineData(0x10)] // comment
    public void A_gzip_header_may_have_optional_fields(byte flag)
    {
        var content = Content(100);
        var member = Compress(CompressionCodec.Gzip, content);
        byte[] field = flag == 0x04 ? [3, 0, 1, 2, 3] : [.. "name"u8, 0];
        IsContent(CompressionCodec.Gzip, [.. member.AsSpan(0, 3), flag, .. member.AsSpan(4, 6), .. field, .. member.AsSpan(10)], content).Should().BeTrue();
    }

    [Fact]
    public void A_flipped_bit_in_the_frame_around_the_data_is_refused()
    {
        var content = Content(3000);
        var gzip = Compress(CompressionCodec.Gzip, content);
        for (var i = gzip.Length - 8; i < gzip.Length; i++)
            IsContent(CompressionCodec.Gzip, Flip(gzip, i), content).Should().BeFalse($"byte {i} of the trailer is wrong");
        var lz4 = Compress(CompressionCodec.Lz4, content);
        for (var i = 0; i < 7; i++)
            IsContent(CompressionCodec.Lz4, Flip(lz4, i), content).Should().BeFalse($"byte {i} of the header is wrong");
        for (var i = lz4.Length - 4; i < lz4.Length; i++)
            IsContent(CompressionCodec.Lz4, Flip(lz4, i), content).Should().BeFalse($"byte {i} of the end mark is wrong");
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= 0x20;
        return copy;
    }

    private static bool IsContent(CompressionCodec codec, ReadOnlySpan<byte> block, byte[] content)
    {
        using var target = new PooledBuffer(1 << 20);
        return RecordCompression.Decompress(codec, block, target) == Decompression.Whole && target.Written.SequenceEqual(content);
    }

    private static byte[] Compress(CompressionCodec codec, byte[] content)
    {
        using var target = new PooledBuffer();
        RecordCompression.Compress(codec, content, target);
        return target.Written.ToArray();
    }

    /// <summary>Compressible, but not to nothing.</summary>
    private static byte[] Content(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        for (var i = 0; i < size; i++)
            content[i] &= 0x0F;
        return content;
    }
}
