using System.Buffers;
using System.Collections.Immutable;

namespace CrashStreams.Aggregations;

/// <summary>The different values so far.</summary>
public sealed class DistinctValues<T>
{
    private static readonly Comparer<byte[]> _bytewise = Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y));

    private readonly Serde<T> _serde;

    private DistinctValues(Serde<T> serde, ImmutableSortedSet<byte[]> serialized)
    {
        _serde = serde;
        Serialized = serialized;
    }

    /// <summary>How many there are.</summary>
    public int Count => Serialized.Count;

    /// <summary>The values, in the order of their serialized bytes.</summary>
    public IEnumerable<T> Values => Serialized.Select(bytes => _serde.Deserialize(bytes));

    internal ImmutableSortedSet<byte[]> Serialized { get; }

    /// <summary>Whether a value was among them.</summary>
    public bool Contains(T value) => Serialized.Contains(BytesOf(value));

    internal static DistinctValues<T> EmptyOf(Serde<T> serde) => new(serde, ImmutableSortedSet.Create<byte[]>(_bytewise));

    internal DistinctValues<T> With(T value) => Or(Serialized.Add(BytesOf(value)));

    internal DistinctValues<T> With(DistinctValues<T> other) => Or(Serialized.Union(other.Serialized));

    internal DistinctValues<T> With(IEnumerable<byte[]> serialized) => Or(Serialized.Union(serialized));

    /// <summary>The values as text.</summary>
    public override string ToString() => string.Join(", ", Values);

    private DistinctValues<T> Or(ImmutableSortedSet<byte[]> serialized) => ReferenceEquals(serialized, Serialized) ? this : new(_serde, serialized);

    private byte[] BytesOf(T value)
    {
        var bytes = new ByteBuffer(64);
        _serde.Serialize(value, bytes);
        return bytes.Written.ToArray();
    }
}

/// <summary>
/// <code>
/// per value, in the order of bytes: length (4) · value
/// </code>
/// </summary>
internal sealed class DistinctValuesSerde<T>(Serde<T> values) : AggregateSerde<DistinctValues<T>>
{
    private readonly DistinctValues<T> _empty = DistinctValues<T>.EmptyOf(values);

    public override DistinctValues<T> Deserialize(ReadOnlySpan<byte> data)
    {
        var read = new List<byte[]>();
        while (!data.IsEmpty)
            read.Add(ReadSized(ref data).ToArray());
        return _empty.With(read);
    }

    public override void Serialize(DistinctValues<T> value, IBufferWriter<byte> output)
    {
        foreach (var each in value.Serialized)
            WriteSized(each, output);
    }
}
