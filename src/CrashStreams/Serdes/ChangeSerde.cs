using System.Buffers;

namespace CrashStreams;

/// <summary>
/// An update of a group on its way through a repartition topic (KIP-904):
/// <code>
/// new · 01                                 only the new value
/// old · 00                                 only the old one
/// length of new (zigzag varint) · new · old · 02
/// </code>
/// </summary>
internal sealed class ChangeSerde<TValue>(Serde<TValue> values) : Serde<Change<TValue>>
{
    private const byte OnlyOld = 0;
    private const byte OnlyNew = 1;
    private const byte Both = 2;

    // A serde is used by the threads of all tasks that read or write its topic.
    [ThreadStatic]
    private static ByteBuffer? _now;

    protected internal override Serde<Change<TValue>> Bind(SerdeContext context) => values.Bind(context) is var bound && bound == values ? this : new ChangeSerde<TValue>(bound);

    public override void Serialize(Change<TValue> value, IBufferWriter<byte> output)
    {
        if (value is { HasNow: true, HasBefore: true })
        {
            var now = _now ??= new();
            now.Clear();
            values.Serialize(value.Now, now);
            WriteVarint(now.Length, output);
            output.Write(now.Written);
            values.Serialize(value.Before, output);
            WriteByte(Both, output);
            return;
        }

        if (value.HasNow)
            values.Serialize(value.Now, output);
        else
            values.Serialize(value.Before, output);
        WriteByte(value.HasNow ? OnlyNew : OnlyOld, output);
    }

    public override Change<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            throw new SerdeException("The update of a group is empty.");
        var rest = data[..^1];
        switch (data[^1])
        {
            case OnlyNew:
                return new(values.Deserialize(rest), true, default!, false);
            case OnlyOld:
                return new(default!, false, values.Deserialize(rest), true);
            case Both:
                var length = ReadVarint(ref rest);
                if ((uint)length > (uint)rest.Length)
                    throw new SerdeException($"The update of a group says that its new value has {length} bytes, of {rest.Length}.");
                return new(values.Deserialize(rest[..length]), true, values.Deserialize(rest[length..]), true);
            case var kind:
                throw new SerdeException($"The update of a group is of an unknown kind: {kind}.");
        }
    }

    private static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private static void WriteVarint(int value, IBufferWriter<byte> output)
    {
        var rest = (uint)((value << 1) ^ (value >> 31));
        for (; rest >= 0x80; rest >>= 7)
            WriteByte((byte)(rest | 0x80), output);
        WriteByte((byte)rest, output);
    }

    private static int ReadVarint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0u;
        for (var shift = 0; shift < 35 && !bytes.IsEmpty; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value |= (uint)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
                return (int)(value >> 1) ^ -(int)(value & 1);
        }

        throw new SerdeException("The update of a group has no length.");
    }
}
