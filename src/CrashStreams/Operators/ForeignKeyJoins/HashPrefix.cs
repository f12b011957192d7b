using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams.Operators;

/// <summary>The byte in front of subscriptions and answers that holds their version and whether a hash follows.</summary>
internal static class HashPrefix
{
    public const int HashBytes = 16;

    private const byte NoHash = 0x80;

    public static byte Of(byte version, UInt128? hash) => hash is null ? (byte)(version | NoHash) : version;

    public static int VersionOf(byte prefix) => prefix & ~NoHash;

    public static void WriteByte(byte value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public static void WriteHash(UInt128? hash, IBufferWriter<byte> output)
    {
        if (hash is not { } present)
            return;
        BinaryPrimitives.WriteUInt128BigEndian(output.GetSpan(HashBytes), present);
        output.Advance(HashBytes);
    }

    /// <summary>Reads the hash where the prefix says that there is one.</summary>
    /// <exception cref="SerdeException">The bytes end before it does.</exception>
    public static UInt128? ReadHash(byte prefix, ref ReadOnlySpan<byte> rest)
    {
        if ((prefix & NoHash) != 0)
            return null;
        if (rest.Length < HashBytes)
            throw new SerdeException($"A foreign-key join's record ends within its hash: {rest.Length} bytes of {HashBytes}.");
        var hash = BinaryPrimitives.ReadUInt128BigEndian(rest);
        rest = rest[HashBytes..];
        return hash;
    }
}
