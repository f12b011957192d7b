using System.Buffers.Binary;
using System.Text;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Bytes that grow: numbers in seven-bit groups, signed ones zigzag, text as UTF-8 behind its length.</summary>
internal sealed class PackedWriter
{
    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value) => Take(1)[0] = value;

    public void Number(long value)
    {
        var bits = (ulong)((value << 1) ^ (value >> 63));
        for (; bits >= 0x80; bits >>= 7)
            Byte((byte)(bits | 0x80));
        Byte((byte)bits);
    }

    public void BigEndian(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), value);

    public void Decimal(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var bytes = Take(4 * sizeof(int));
        for (var i = 0; i < 4; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes[(i * sizeof(int))..], parts[i]);
    }

    public void Text(string value)
    {
        Number(Encoding.UTF8.GetByteCount(value));
        RawText(value);
    }

    /// <summary>Text without its length, where it is the last.</summary>
    public void RawText(string value)
    {
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var written = Encoding.UTF8.GetBytes(value, Take(most));
        Length -= most - written;
    }

    private Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }
}

/// <summary>Reads what <see cref="PackedWriter"/> has written.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public long Number()
    {
        var bits = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Byte();
            bits |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return (long)(bits >> 1) ^ -(long)(bits & 1);
        }
    }

    public long BigEndian() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public decimal Decimal()
    {
        var bytes = Take(4 * sizeof(int));
        Span<int> parts = stackalloc int[4];
        for (var i = 0; i < 4; i++)
            parts[i] = BinaryPrimitives.ReadInt32BigEndian(bytes[(i * sizeof(int))..]);
        return new(parts);
    }

    public string Text() => Encoding.UTF8.GetString(Utf8());

    public ReadOnlySpan<byte> Utf8() => Take((int)Number());

    public string RawText() => Encoding.UTF8.GetString(Take(_rest.Length));

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_rest.Length)
            throw new SerdeException("ends-too-early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
