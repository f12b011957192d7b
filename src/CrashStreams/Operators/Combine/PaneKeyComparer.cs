using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>Compares keys that can't be compared as objects by their bytes.</summary>
internal sealed class PaneKeyComparer<TKey>(Serde<TKey> serde) : IEqualityComparer<(TKey Key, long Pane)>
{
    private readonly ByteBuffer _left = new();
    private readonly ByteBuffer _right = new();

    public bool Equals((TKey Key, long Pane) x, (TKey Key, long Pane) y) => x.Pane == y.Pane && Bytes(x.Key, _left).SequenceEqual(Bytes(y.Key, _right));

    public int GetHashCode((TKey Key, long Pane) obj)
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes(obj.Key, _left));
        hash.Add(obj.Pane);
        return hash.ToHashCode();
    }

    private ReadOnlySpan<byte> Bytes(TKey key, ByteBuffer into)
    {
        into.Clear();
        serde.Serialize(key, into);
        return into.Written;
    }
}
