using System.Buffers.Binary;
using System.Numerics;

namespace CrashStreams;

/// <summary>MurmurHash3 (x64, 128 bits) with Kafka Streams' seed: what a foreign-key join recognizes rows by.</summary>
internal static class Murmur3
{
    private const ulong KafkaSeed = 104_729;
    private const ulong First = 0x87c37b91114253d5;
    private const ulong Second = 0x4cf5ad432745937f;
    private const int BlockBytes = 16;

    public static UInt128 Hash(ReadOnlySpan<byte> data, ulong seed = KafkaSeed)
    {
        var (length, high, low) = ((ulong)data.Length, seed, seed);
        for (; data.Length >= BlockBytes; data = data[BlockBytes..])
        {
            high ^= MixHigh(BinaryPrimitives.ReadUInt64LittleEndian(data));
            high = (BitOperations.RotateLeft(high, 27) + low) * 5 + 0x52dce729;
            low ^= MixLow(BinaryPrimitives.ReadUInt64LittleEndian(data[sizeof(ulong)..]));
            low = (BitOperations.RotateLeft(low, 31) + high) * 5 + 0x38495ab5;
        }

        Span<byte> tail = stackalloc byte[BlockBytes];
        data.CopyTo(tail);
        high ^= MixHigh(BinaryPrimitives.ReadUInt64LittleEndian(tail)) ^ length;
        low ^= MixLow(BinaryPrimitives.ReadUInt64LittleEndian(tail[sizeof(ulong)..])) ^ length;
        high += low;
        low += high;
        high = Finish(high);
        low = Finish(low);
        high += low;
        return new(high, low + high);
    }

    private static ulong MixHigh(ulong block) => BitOperations.RotateLeft(block * First, 31) * Second;

    private static ulong MixLow(ulong block) => BitOperations.RotateLeft(block * Second, 33) * First;

    private static ulong Finish(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
