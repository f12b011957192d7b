using System.Buffers.Binary;

namespace CrashStreams.Log;

/// <summary>The hash by which Kafka's Java clients place keys, so that both sides agree on a key's partition.</summary>
public static class Murmur2
{
    private const int Seed = unchecked((int)0x9747b28c);
    private const int M = 0x5bd1e995;
    private const int R = 24;

    /// <summary>The partition of a key: <c>(hash &amp; 0x7fffffff) % partitions</c>.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (Hash(key) & 0x7fffffff) % partitions;

    /// <summary>Kafka's variant of MurmurHash 2, 32 bit.</summary>
    public static int Hash(ReadOnlySpan<byte> data)
    {
        var h = Seed ^ data.Length;
        while (data.Length >= 4)
        {
            var k = BinaryPrimitives.ReadInt32LittleEndian(data) * M;
            k ^= k >>> R;
            k *= M;
            h = (h * M) ^ k;
            data = data[4..];
        }

        if (data.Length > 0)
        {
            if (data.Length == 3)
                h ^= data[2] << 16;
            if (data.Length >= 2)
                h ^= data[1] << 8;
            h ^= data[0];
            h *= M;
        }

        h ^= h >>> 13;
        h *= M;
        return h ^ (h >>> 15);
    }
}
