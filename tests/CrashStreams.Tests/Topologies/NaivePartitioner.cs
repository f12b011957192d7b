using System.Text;

namespace CrashStreams.Tests.Topologies;

/// <summary>The partition of a key as Kafka's Java client chooses it: murmur2 over the key's bytes, written down a second time so that the engine's is checked by it.</summary>
internal static class NaivePartitioner
{
    private const uint Multiplier = 0x5BD1E995;

    public static int Of(string key, int partitions)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var hash = 0x9747B28C ^ (uint)bytes.Length;
        var whole = bytes.Length / 4 * 4;
        for (var i = 0; i < whole; i += 4)
        {
            var word = unchecked(BitConverter.ToUInt32(bytes, i) * Multiplier);
            word = unchecked((word ^ (word >> 24)) * Multiplier);
            hash = unchecked(hash * Multiplier) ^ word;
        }

        for (var i = bytes.Length - 1; i >= whole; i--)
        {
            hash ^= (uint)bytes[i] << (8 * (i - whole));
            if (i == whole)
                hash = unchecked(hash * Multiplier);
        }

        hash = unchecked((hash ^ (hash >> 13)) * Multiplier);
        return (int)((hash ^ (hash >> 15)) & int.MaxValue) % partitions;
    }
}
