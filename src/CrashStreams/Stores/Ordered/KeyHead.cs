using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>
/// The eight bytes of a key behind what it has in common with its neighbours, as a number that is ordered like them; a shorter key is filled up with zeros. Keys with different heads are in the order of these, and
/// most keys are told apart without reading the keys themselves.
/// </summary>
internal static class KeyHead
{
    public static ulong Of(ReadOnlySpan<byte> key, int prefixLength)
    {
        var rest = key[prefixLength..];
        if (rest.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        Span<byte> filled = stackalloc byte[sizeof(ulong)];
        filled.Clear();
        rest.CopyTo(filled);
        return BinaryPrimitives.ReadUInt64BigEndian(filled);
    }

    /// <summary>Whether a key begins with a prefix. If not, <paramref name="order"/> says on which side of all keys with this prefix it lies.</summary>
    public static bool HasPrefix(ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, out int order)
    {
        var common = key.CommonPrefixLength(prefix);
        order = common == prefix.Length ? 0 : common == key.Length || key[common] < prefix[common] ? -1 : 1;
        return order == 0;
    }
}
