namespace CrashStreams.Stores;

/// <summary>
/// Keys that are followed by more, so that entries lie in the order of the keys' bytes and those of one key lie together, whatever other keys begin with:
/// <code>
/// key, each 00 as 00 FF · 00 · what follows (its first byte is below FF: a time, or nothing)
/// </code>
/// </summary>
internal static class OrderedKey
{
    private const byte Zero = 0;
    private const byte Escaped = 0xff;

    public static void Write(ReadOnlySpan<byte> key, ByteBuffer into)
    {
        for (var zero = key.IndexOf(Zero); zero >= 0; zero = key.IndexOf(Zero))
        {
            into.Write(key[..(zero + 1)]);
            into.WriteByte(Escaped);
            key = key[(zero + 1)..];
        }

        into.Write(key);
        into.WriteByte(Zero);
    }

    /// <summary>Makes a stored key, with nothing behind it, the bound that all of its entries are below and those of greater keys are not.</summary>
    public static void WriteEnd(ByteBuffer key) => key.WriteByte(Escaped);

    /// <summary>Where the part behind the key begins.</summary>
    public static int Length(ReadOnlySpan<byte> stored)
    {
        for (var i = 0; ; i += 2)
        {
            i += stored[i..].IndexOf(Zero);
            if (i + 1 >= stored.Length || stored[i + 1] != Escaped)
                return i + 1;
        }
    }

    /// <summary>The key as it was written, in <paramref name="buffer"/> when it is not in the store as it is.</summary>
    /// <param name="stored">A key's part of a stored key: see <see cref="Length"/>.</param>
    /// <param name="buffer">Appended to.</param>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> stored, ByteBuffer buffer)
    {
        if (!stored[..^1].Contains(Zero))
            return stored[..^1];
        var start = buffer.Length;
        Append(stored, buffer);
        return buffer.Written[start..];
    }

    /// <summary>Appends the key as it was written.</summary>
    public static void Append(ReadOnlySpan<byte> stored, ByteBuffer buffer)
    {
        var key = stored[..^1];
        for (var zero = key.IndexOf(Zero); zero >= 0; zero = key.IndexOf(Zero))
        {
            buffer.Write(key[..(zero + 1)]);
            key = key[(zero + 2)..];
        }

        buffer.Write(key);
    }
}
