using System.Buffers;

namespace CrashStreams.Stores;

/// <summary>A key in its bytes, for stores whose keys can't be compared as objects.</summary>
internal readonly struct SerializedKey(byte[] bytes) : IEquatable<SerializedKey>
{
    private readonly int _hash = Hash(bytes);

    public byte[] Bytes => bytes;

    public bool Equals(SerializedKey other) => _hash == other._hash && bytes.AsSpan().SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is SerializedKey other && Equals(other);

    public override int GetHashCode() => _hash;

    private static int Hash(byte[] bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}

/// <summary>Keys that are serialized already.</summary>
internal sealed class SerializedKeySerde : Serde<SerializedKey>
{
    public static readonly SerializedKeySerde Instance = new();

    protected internal override bool EqualityIsThatOfBytes => true;

    public override SerializedKey Deserialize(ReadOnlySpan<byte> data) => new(data.ToArray());

    public override void Serialize(SerializedKey value, IBufferWriter<byte> output) => output.Write(value.Bytes);
}
