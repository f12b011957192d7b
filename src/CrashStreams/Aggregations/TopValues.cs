using System.Buffers;

namespace CrashStreams.Aggregations;

/// <summary>The highest values so far.</summary>
public sealed class TopValues<T>
{
    internal static readonly TopValues<T> Empty = new([]);

    private readonly T[] _values;

    internal TopValues(T[] values) => _values = values;

    /// <summary>In descending order.</summary>
    public IReadOnlyList<T> Values => _values;

    internal TopValues<T> With(T value, int most, IComparer<T> order)
    {
        var at = _values.Length;
        while (at > 0 && order.Compare(value, _values[at - 1]) > 0)
            at--;
        return at == most ? this : new([.. _values.AsSpan(0, at), value, .. _values.AsSpan(at, Math.Min(_values.Length, most - 1) - at)]);
    }

    internal TopValues<T> With(TopValues<T> other, int most, IComparer<T> order)
    {
        var merged = this;
        foreach (var value in other._values)
            merged = merged.With(value, most, order);
        return merged;
    }

    /// <summary>The values as text.</summary>
    public override string ToString() => string.Join(", ", _values);
}

/// <summary>
/// <code>
/// per value: length (4) · value
/// </code>
/// </summary>
internal sealed class TopValuesSerde<T>(Serde<T> values) : AggregateSerde<TopValues<T>>
{
    protected internal override bool ValuesAreImmutable => values.ValuesAreImmutable;

    public override TopValues<T> Deserialize(ReadOnlySpan<byte> data)
    {
        var read = new List<T>();
        while (!data.IsEmpty)
            read.Add(values.Deserialize(ReadSized(ref data)));
        return new([.. read]);
    }

    public override void Serialize(TopValues<T> value, IBufferWriter<byte> output)
    {
        var bytes = new ByteBuffer();
        foreach (var each in value.Values)
        {
            bytes.Clear();
            values.Serialize(each, bytes);
            WriteSized(bytes.Written, output);
        }
    }
}
