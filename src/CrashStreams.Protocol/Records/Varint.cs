using System.Runtime.CompilerServices;

namespace CrashStreams.Protocol.Records;

/// <summary>Zig-zag varints as records use them. Reading never passes the span's end, nor accepts more bits than the type has.</summary>
internal static class Varint
{
    public const int MaxInt32Bytes = 5;
    public const int MaxInt64Bytes = 10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadInt32(ReadOnlySpan<byte> source, scoped ref int position, out int value)
    {
        // Lengths and deltas of most records fit in one or two bytes.
        if ((uint)position < (uint)source.Length)
        {
            int first = source[position];
            if (first < 0x80)
            {
                position++;
                value = Decode(first);
                return true;
            }
            if ((uint)(position + 1) < (uint)source.Length && source[position + 1] < 0x80)
            {
                value = Decode((first & 0x7f) | (source[position + 1] << 7));
                position += 2;
                return true;
            }
        }
        return TryReadLongInt32(source, ref position, out value);
    }

    public static bool TryReadInt64(ReadOnlySpan<byte> source, scoped ref int position, out long value)
    {
        if ((uint)position < (uint)source.Length && source[position] < 0x80)
        {
            value = Decode(source[position++]);
            return true;
        }
        return TryReadLongInt64(source, ref position, out value);
    }

    public static int Write(Span<byte> target, int value) => WriteUnsigned(target, (uint)((value << 1) ^ (value >> 31)));

    public static int Write(Span<byte> target, long value) => WriteUnsigned(target, (ulong)((value << 1) ^ (value >> 63)));

    public static int Size(int value) => UnsignedSize((uint)((value << 1) ^ (value >> 31)));

    public static int Size(long value) => UnsignedSize((ulong)((value << 1) ^ (value >> 63)));

    private static int Decode(int raw) => (raw >> 1) ^ -(raw & 1);

    private static bool TryReadLongInt32(ReadOnlySpan<byte> source, scoped ref int position, out int value)
    {
        uint raw = 0;
        for (var shift = 0; shift < 35 && (uint)position < (uint)source.Length; shift += 7)
        {
            var b = source[position++];
            if (shift == 28 && b > 0x0f)
                break;
            raw |= (uint)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                value = (int)(raw >> 1) ^ -(int)(raw & 1);
                return true;
            }
        }
        value = 0;
        return false;
    }

    private static bool TryReadLongInt64(ReadOnlySpan<byte> source, scoped ref int position, out long value)
    {
        ulong raw = 0;
        for (var shift = 0; shift < 70 && (uint)position < (uint)source.Length; shift += 7)
        {
            var b = source[position++];
            if (shift == 63 && b > 1)
                break;
            raw |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return true;
            }
        }
        value = 0;
        return false;
    }

    private static int WriteUnsigned(Span<byte> target, ulong raw)
    {
        var i = 0;
        for (; raw >= 0x80; raw >>= 7)
            target[i++] = (byte)(raw | 0x80);
        target[i++] = (byte)raw;
        return i;
    }

    private static int UnsignedSize(ulong raw) => (64 - System.Numerics.BitOperations.LeadingZeroCount(raw | 1) + 6) / 7;
}
