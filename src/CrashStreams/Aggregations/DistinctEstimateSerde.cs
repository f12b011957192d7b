using System.Buffers;

namespace CrashStreams.Aggregations;

/// <summary>
/// <code>
/// precision (1) · 00 · per register in use: register (3) · value (1)
/// precision (1) · 01 · registers (2 to the power of the precision)
/// </code>
/// </summary>
internal sealed class DistinctEstimateSerde : AggregateSerde<DistinctEstimate>
{
    private const int HighestPrecision = 16;

    public override DistinctEstimate Deserialize(ReadOnlySpan<byte> data)
    {
        var (precision, isFull) = (ReadByte(ref data), ReadByte(ref data) == 1);
        if (precision > HighestPrecision)
            throw new SerdeException($"An estimate of distinct values has a precision of {precision} bits, more than {HighestPrecision}.");
        if (isFull)
            return DistinctEstimate.Of(precision, Take(ref data, 1 << precision).ToArray());
        var pairs = new uint[data.Length / sizeof(uint)];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = (uint)ReadInt32(ref data);
        return DistinctEstimate.Of(precision, pairs);
    }

    public override void Serialize(DistinctEstimate value, IBufferWriter<byte> output)
    {
        WriteByte((byte)value.Precision, output);
        WriteByte(value.Registers.IsEmpty ? (byte)0 : (byte)1, output);
        output.Write(value.Registers);
        foreach (var pair in value.Pairs)
            WriteInt32((int)pair, output);
    }
}
