namespace CrashStreams.Stores;

/// <summary>The keys whose serialized bytes lie between those of two keys, inclusive.</summary>
internal sealed class KeyRange<TKey>
{
    private readonly Serde<TKey> _serde;
    private readonly ByteBuffer _bytes = new();

    public KeyRange(Serde<TKey> serde, TKey from, TKey to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        _serde = serde;
        (From, To) = (Serialize(from).ToArray(), Serialize(to).ToArray());
    }

    public byte[] From { get; }

    public byte[] To { get; }

    public bool Holds(TKey key) => Serialize(key) is var bytes && bytes.SequenceCompareTo(From) >= 0 && bytes.SequenceCompareTo(To) <= 0;

    private ReadOnlySpan<byte> Serialize(TKey key)
    {
        _bytes.Clear();
        _serde.Serialize(key, _bytes);
        return _bytes.Written;
    }
}
