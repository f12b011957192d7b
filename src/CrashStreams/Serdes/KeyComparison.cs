namespace CrashStreams;

/// <summary>Compares keys as a log and a store do: by their serialized bytes.</summary>
internal sealed class KeyComparison<TKey>(Serde<TKey> serde)
{
    private readonly ByteBuffer _first = new();
    private readonly ByteBuffer _second = new();

    public bool AreEqual(TKey first, TKey second)
    {
        _first.Clear();
        _second.Clear();
        serde.Serialize(first, _first);
        serde.Serialize(second, _second);
        return _first.Written.SequenceEqual(_second.Written);
    }
}
