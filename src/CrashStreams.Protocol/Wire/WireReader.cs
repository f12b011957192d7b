using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace CrashStreams.Protocol.Wire;

/// <summary>
/// Reads the protocol's primitives from one frame. Every length and count is checked against the bytes that are there before
/// anything is allocated, and every violation is a <see cref="ProtocolException"/>.
/// </summary>
/// <param name="frame">The bytes.</param>
/// <param name="maxElements">The most elements that all arrays of the frame may have together.</param>
internal ref partial struct WireReader(ReadOnlyMemory<byte> frame, int maxElements = int.MaxValue)
{
    /// <summary>Also of compact strings, which could be longer: what is stored must be readable by clients of any version. Apache Kafka refuses them, too.</summary>
    private const int MaxStringBytes = short.MaxValue;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _frame = frame;
    private readonly ReadOnlySpan<byte> _span = frame.Span;
    private int _position;
    private int _elementsLeft = maxElements;

    public readonly int Position => _position;

    public readonly int Remaining => _span.Length - _position;

    public bool ReadBoolean() => Take(1)[0] != 0;

    public sbyte ReadInt8() => (sbyte)Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    /// <summary>7 bits a byte, low group first, at most 32 bits in 5 bytes.</summary>
    public uint ReadUnsignedVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            uint next = Take(1)[0];
            if (shift == 28 && next > 0x0F)
                break;
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new ProtocolException("A varint is longer than 32 bits.");
    }

    public string ReadString(bool flexible) => ReadNullableString(flexible) ?? throw NullNotAllowed("string");

    public string? ReadNullableString(bool flexible)
    {
        var length = flexible ? CompactLength() : ReadInt16();
        if (length < 0)
            return length == -1 ? null : throw BadLength(length);
        if (length == 0)
            return "";
        if (length > MaxStringBytes)
            throw BadLength(length);
        var bytes = Take(length);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolException("A string is not UTF-8.");
        }
    }

    /// <summary>A copy of the bytes, so that it may outlive the frame.</summary>
    public byte[] ReadBytes(bool flexible) => ReadNullableBytes(flexible) ?? throw NullNotAllowed("bytes");

    public byte[]? ReadNullableBytes(bool flexible)
    {
        var length = Length(flexible);
        return length < 0 ? null : Take(length).ToArray();
    }

    /// <summary>A slice of the frame: valid only as long as the frame is.</summary>
    public RecordsField ReadNullableRecords(bool flexible)
    {
        var length = Length(flexible);
        if (length < 0)
            return default;
        Take(length);
        return new RecordsField(_frame.Slice(_position - length, length));
    }

    private int Length(bool flexible)
    {
        var length = flexible ? CompactLength() : ReadInt32();
        return length >= -1 ? length : throw BadLength(length);
    }

    /// <summary>Unsigned varint of length + 1; 0 is null.</summary>
    private int CompactLength()
    {
        var lengthPlusOne = ReadUnsignedVarint();
        return lengthPlusOne <= int.MaxValue ? (int)lengthPlusOne - 1 : throw BadLength(lengthPlusOne);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)(_span.Length - _position))
            throw Truncated(count);
        var taken = _span.Slice(_position, count);
        _position += count;
        return taken;
    }

    private readonly ProtocolException Truncated(int count) =>
        new($"The frame ends before a field: {count} bytes wanted at {_position} of {_span.Length}.");

    private static ProtocolException BadLength(long length) => new($"A length of {length}.");

    private static ProtocolException NullNotAllowed(string type) => new($"A {type} is null that may not be.");
}
