using System.Buffers.Binary;

namespace CrashStreams.State.Benchmarks;

/// <summary>Keys as a window store's: a user's name and a window start; values as a count with its timestamp.</summary>
internal sealed class Entries(int keys)
{
    public const int KeyLength = 24;
    public const int ValueLength = 16;

    private readonly byte[] _key = new byte[KeyLength];
    private readonly byte[] _value = new byte[ValueLength];

    /// <summary>The bytes of all entries.</summary>
    public long Bytes => keys * (long)(KeyLength + ValueLength);

    /// <summary>A key by its number, spread over the order of keys as users' names are.</summary>
    public ReadOnlySpan<byte> Key(long number)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_key, (ulong)(number % keys) * 0x9E3779B97F4A7C15);
        BinaryPrimitives.WriteInt64BigEndian(_key.AsSpan(16), 1_700_000_000_000 + (number % keys / 1000 * 60_000));
        return _key;
    }

    public ReadOnlySpan<byte> Value(long version)
    {
        BinaryPrimitives.WriteInt64BigEndian(_value, version);
        BinaryPrimitives.WriteInt64BigEndian(_value.AsSpan(8), version * 31);
        return _value;
    }
}
