using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams;

/// <summary>Two values: <c>length of the first (4, big-endian) · first · second</c>. Longer tuples are pairs whose second part is a tuple.</summary>
internal sealed class TupleSerde<T1, T2>(Serde<T1> first, Serde<T2> second) : Serde<(T1, T2)>
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    protected internal override Serde<(T1, T2)> Bind(SerdeContext context) =>
        (first.Bind(context), second.Bind(context)) is var (one, two) && one == first && two == second ? this : new TupleSerde<T1, T2>(one, two);

    protected internal override bool EqualityIsThatOfBytes => first.EqualityIsThatOfBytes && second.EqualityIsThatOfBytes;

    protected internal override bool ValuesAreImmutable => first.ValuesAreImmutable && second.ValuesAreImmutable;

    public override (T1, T2) Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < sizeof(int) || BinaryPrimitives.ReadInt32BigEndian(data) is var length && (length < 0 || length > data.Length - sizeof(int)))
            throw new SerdeException("not-a-tuple");
        data = data[sizeof(int)..];
        return (first.Deserialize(data[..length]), second.Deserialize(data[length..]));
    }

    public override void Serialize((T1, T2) value, IBufferWriter<byte> output)
    {
        var buffer = _buffer ??= new();
        buffer.ResetWrittenCount();
        _buffer = null; // the first part may be a tuple of the same types
        first.Serialize(value.Item1, buffer);
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), buffer.WrittenCount);
        output.Advance(sizeof(int));
        output.Write(buffer.WrittenSpan);
        _buffer = buffer;
        second.Serialize(value.Item2, output);
    }
}

/// <summary>Three values, as a pair whose second part is a pair.</summary>
internal sealed class TupleSerde<T1, T2, T3>(Serde<T1> first, Serde<T2> second, Serde<T3> third) : Serde<(T1, T2, T3)>
{
    private readonly TupleSerde<T1, (T2, T3)> _parts = new(first, new TupleSerde<T2, T3>(second, third));

    protected internal override Serde<(T1, T2, T3)> Bind(SerdeContext context) =>
        _parts.Bind(context) == _parts ? this : new TupleSerde<T1, T2, T3>(first.Bind(context), second.Bind(context), third.Bind(context));

    protected internal override bool EqualityIsThatOfBytes => _parts.EqualityIsThatOfBytes;

    protected internal override bool ValuesAreImmutable => _parts.ValuesAreImmutable;

    public override (T1, T2, T3) Deserialize(ReadOnlySpan<byte> data)
    {
        var (one, (two, three)) = _parts.Deserialize(data);
        return (one, two, three);
    }

    public override void Serialize((T1, T2, T3) value, IBufferWriter<byte> output) => _parts.Serialize((value.Item1, (value.Item2, value.Item3)), output);
}
