namespace CrashStreams.Aggregations;

/// <summary>An order in which only values with the same bytes are equal, so that results don't depend on which of several equal ones came first.</summary>
internal sealed class BytesTieBreaker<T>(IComparer<T>? comparer, Serde<T> serde) : IComparer<T>
{
    private readonly IComparer<T> _comparer = comparer ?? Comparer<T>.Default;

    public Serde<T> Serde => serde;

    public int Compare(T? x, T? y)
    {
        var order = _comparer.Compare(x, y);
        return order != 0 ? order : Bytes(x!).AsSpan().SequenceCompareTo(Bytes(y!));
    }

    private byte[] Bytes(T value)
    {
        var bytes = new ByteBuffer(64);
        serde.Serialize(value, bytes);
        return bytes.Written.ToArray();
    }
}
