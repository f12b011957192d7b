namespace CrashStreams.Stores;

/// <summary>Orders serialized keys as RocksDB does: byte by byte, unsigned, shorter first.</summary>
internal sealed class KeyOrder : IComparer<byte[]>
{
    public static readonly KeyOrder Instance = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
