namespace CrashStreams.Log;

/// <summary>Numbers of as many bytes as they need, seven bits each, the lowest first; signed ones in zigzag, as in Kafka's records.</summary>
internal static class Varint
{
    /// <summary>The most that a number takes.</summary>
    public const int MaxBytes = 10;

    /// <summary>Writes a number that is not negative. Answers how many bytes it took.</summary>
    public static int Write(Span<byte> to, ulong value)
    {
        var count = 0;
        for (; value >= 0x80; value >>= 7)
            to[count++] = (byte)(value | 0x80);
        to[count++] = (byte)value;
        return count;
    }

    public static int WriteSigned(Span<byte> to, long value) => Write(to, (ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Reads a number and goes on behind it; false where bytes end before it does.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < MaxBytes; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        value = 0;
        return false;
    }

    public static bool TryReadSigned(scoped ref ReadOnlySpan<byte> bytes, out long value)
    {
        var isRead = TryRead(ref bytes, out var zigzag);
        value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return isRead;
    }
}
