using System.Numerics;

namespace CrashStreams.Aggregations;

/// <summary>
/// An estimate of how many different values there were (HyperLogLog): a hash chooses a register, which keeps the highest number of leading zeros that it has seen. Few registers in use
/// are kept as pairs. The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no corrections at either end.
/// </summary>
public sealed class DistinctEstimate
{
    // A pair takes four bytes, a register one.
    private const int PairBytes = 4;

    // Of a pair: register above, value below.
    private const int ValueBits = 8;

    private readonly uint[]? _pairs;
    private readonly byte[]? _registers;

    private DistinctEstimate(int precision, uint[]? pairs, byte[]? registers)
    {
        Precision = precision;
        _pairs = pairs;
        _registers = registers;
    }

    /// <summary>About how many different values there were.</summary>
    public long Count => (long)Math.Round(Estimate());

    /// <summary>The number of bits that choose a register.</summary>
    internal int Precision { get; }

    internal ReadOnlySpan<uint> Pairs => _pairs;

    /// <summary>All registers; empty while there are pairs.</summary>
    internal ReadOnlySpan<byte> Registers => _registers;

    private int RegisterCount => 1 << Precision;

    internal static DistinctEstimate Empty(double relativeError) => Of((int)Math.Ceiling(2 * Math.Log2(1.04 / relativeError)), Array.Empty<uint>());

    internal static DistinctEstimate Of(int precision, uint[] pairs) => new(precision, pairs, null);

    internal static DistinctEstimate Of(int precision, byte[] registers) => new(precision, null, registers);

    internal DistinctEstimate With(ulong hash)
    {
        var zeros = Math.Min(BitOperations.LeadingZeroCount(hash << Precision), 64 - Precision);
        return With((int)(hash >> (64 - Precision)), (byte)(zeros + 1));
    }

    internal DistinctEstimate With(DistinctEstimate other)
    {
        if (other.Precision != Precision)
            throw new InvalidOperationException($"Estimates of different precision ({Precision} and {other.Precision} bits) can't become one: the relative error of the aggregation was changed.");
        if (_registers is null && other._registers is not null)
            return other.With(this);
        var merged = other._registers is null ? this : Of(Precision, Highest(_registers!, other._registers));
        foreach (var pair in other.Pairs)
            merged = merged.With((int)(pair >> ValueBits), (byte)pair);
        return merged;
    }

    /// <summary>The estimate as text.</summary>
    public override string ToString() => Count.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private DistinctEstimate With(int register, byte value)
    {
        if (_registers is not null)
            return value <= _registers[register] ? this : Of(Precision, Replaced(_registers, register, value));
        var pair = ((uint)register << ValueBits) | value;
        var at = ~Array.BinarySearch(_pairs!, pair);
        if (at < 0)
            return this;
        // A higher value of the register comes behind, a lower one before.
        if (at < _pairs!.Length && _pairs[at] >> ValueBits == register)
            return this;
        if (at > 0 && _pairs[at - 1] >> ValueBits == register)
            return Of(Precision, Replaced(_pairs, at - 1, pair));
        return (_pairs.Length + 1) * PairBytes <= RegisterCount ? Of(Precision, [.. _pairs.AsSpan(0, at), pair, .. _pairs.AsSpan(at)]) : ToRegisters().With(register, value);
    }

    private DistinctEstimate ToRegisters()
    {
        var registers = new byte[RegisterCount];
        foreach (var pair in _pairs!)
            registers[pair >> ValueBits] = (byte)pair;
        return Of(Precision, registers);
    }

    private double Estimate()
    {
        var (highest, count) = (64 - Precision, (double)RegisterCount);
        var histogram = new int[highest + 2];
        foreach (var register in _registers ?? [])
            histogram[register]++;
        foreach (var pair in Pairs)
            histogram[(byte)pair]++;
        if (_registers is null)
            histogram[0] = RegisterCount - _pairs!.Length;
        var sum = count * Tau(1 - (histogram[highest + 1] / count));
        for (var value = highest; value > 0; value--)
            sum = 0.5 * (sum + histogram[value]);
        sum += count * Sigma(histogram[0] / count);
        return count * count / (2 * Math.Log(2) * sum);
    }

    // The part of registers that no value has reached.
    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        var (y, z) = (1.0, x);
        for (var before = double.NaN; z != before; y += y)
        {
            x *= x;
            before = z;
            z += x * y;
        }

        return z;
    }

    // The part of registers that can't rise any more.
    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        var (y, z) = (1.0, 1 - x);
        for (var before = double.NaN; z != before;)
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }

        return z / 3;
    }

    private static byte[] Highest(byte[] one, byte[] other)
    {
        var highest = new byte[one.Length];
        for (var i = 0; i < one.Length; i++)
            highest[i] = Math.Max(one[i], other[i]);
        return highest;
    }

    private static T[] Replaced<T>(T[] items, int at, T item)
    {
        var copy = items.AsSpan().ToArray();
        copy[at] = item;
        return copy;
    }
}
