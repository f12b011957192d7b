using System.Buffers;

namespace CrashStreams.Aggregations;

/// <summary>Count and sum of values.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Sum">Their sum.</param>
public readonly record struct Mean(long Count, decimal Sum)
{
    /// <summary>The average; 0 of no values.</summary>
    public decimal Average => Count == 0 ? 0 : Sum / Count;

    /// <summary>The average as text.</summary>
    public override string ToString() => Average.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// <code>
/// count (8) · sum (decimal text)
/// </code>
/// </summary>
internal sealed class MeanSerde : AggregateSerde<Mean>
{
    public override Mean Deserialize(ReadOnlySpan<byte> data) => new(ReadInt64(ref data), Serdes.Decimal.Deserialize(data));

    public override void Serialize(Mean value, IBufferWriter<byte> output)
    {
        WriteInt64(value.Count, output);
        Serdes.Decimal.Serialize(value.Sum, output);
    }
}
