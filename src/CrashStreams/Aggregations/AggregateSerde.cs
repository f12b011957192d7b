using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams.Aggregations;

/// <summary>Writes an aggregate that is never changed in place. Numbers are big-endian.</summary>
internal abstract class AggregateSerde<T> : Serde<T>
{
    protected internal override bool ValuesAreImmutable => true;

    protected static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    protected static void WriteInt32(int value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    protected static void WriteInt64(long value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    protected static void WriteDouble(double value, IBufferWriter<byte> output) => WriteInt64(BitConverter.DoubleToInt64Bits(value), output);

    protected static void WriteSized(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        WriteInt32(bytes.Length, output);
        output.Write(bytes);
    }

    protected static byte ReadByte(ref ReadOnlySpan<byte> rest) => Take(ref rest, 1)[0];

    protected static int ReadInt32(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadInt32BigEndian(Take(ref rest, sizeof(int)));

    protected static long ReadInt64(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadInt64BigEndian(Take(ref rest, sizeof(long)));

    protected static double ReadDouble(ref ReadOnlySpan<byte> rest) => BitConverter.Int64BitsToDouble(ReadInt64(ref rest));

    protected static ReadOnlySpan<byte> ReadSized(ref ReadOnlySpan<byte> rest) => Take(ref rest, ReadInt32(ref rest));

    protected static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        if ((uint)count > (uint)rest.Length)
            throw new SerdeException($"An aggregate of type {typeof(T).Name} ends too early: {count} bytes were to come, {rest.Length} are left.");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
