using System.Buffers.Binary;
using System.Text;

namespace CrashStreams.Protocol.Wire;

/// <summary>Writes the protocol's primitives into a <see cref="WireBuffer"/>.</summary>
internal readonly ref partial struct WireWriter(WireBuffer buffer)
{
    public void WriteBoolean(bool value) => buffer.Append(1)[0] = value ? (byte)1 : (byte)0;

    public void WriteInt8(sbyte value) => buffer.Append(1)[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(buffer.Append(2), value);

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(buffer.Append(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(buffer.Append(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(buffer.Append(8), value);

    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(buffer.Append(8), value);

    public void WriteUuid(Guid value) => value.TryWriteBytes(buffer.Append(16), bigEndian: true, out _);

    public void WriteUnsignedVarint(uint value)
    {
        PutUnsignedVarint(buffer.Append(VarintSize(value)), value);
    }

    public void WriteString(string value, bool flexible)
    {
        ArgumentNullException.ThrowIfNull(value);
        var length = Encoding.UTF8.GetByteCount(value);
        if (flexible)
            WriteUnsignedVarint((uint)length + 1);
        else
            WriteInt16(checked((short)length));
        Encoding.UTF8.GetBytes(value, buffer.Append(length));
    }

    public void WriteNullableString(string? value, bool flexible, bool nullable = true)
    {
        CheckNull(value, nullable);
        if (value is not null)
            WriteString(value, flexible);
        else if (flexible)
            WriteUnsignedVarint(0);
        else
            WriteInt16(-1);
    }

    public void WriteBytes(byte[] value, bool flexible)
    {
        ArgumentNullException.ThrowIfNull(value);
        WriteLength(value.Length, flexible);
        value.CopyTo(buffer.Append(value.Length));
    }

    public void WriteNullableBytes(byte[]? value, bool flexible, bool nullable = true)
    {
        CheckNull(value, nullable);
        if (value is not null)
            WriteBytes(value, flexible);
        else
            WriteLength(-1, flexible);
    }

    /// <summary>Only the length is written here; the records join the message when it is sent.</summary>
    public void WriteNullableRecords(RecordsField value, bool flexible)
    {
        WriteLength(value.IsNull ? -1 : value.Length, flexible);
        buffer.Insert(value);
    }

    private static void CheckNull(object? value, bool nullable)
    {
        if (value is null && !nullable)
            throw new InvalidOperationException("A field is null that may not be in this version of its message.");
    }

    /// <summary>A length or count; -1 is null.</summary>
    private void WriteLength(int length, bool flexible)
    {
        if (flexible)
            WriteUnsignedVarint((uint)(length + 1));
        else
            WriteInt32(length);
    }

    private static int VarintSize(uint value) => value < 1u << 7 ? 1 : value < 1u << 14 ? 2 : value < 1u << 21 ? 3 : value < 1u << 28 ? 4 : 5;

    private static void PutUnsignedVarint(Span<byte> destination, uint value)
    {
        var i = 0;
        for (; value >= 0x80; value >>= 7)
            destination[i++] = (byte)(value | 0x80);
        destination[i] = (byte)value;
    }
}
