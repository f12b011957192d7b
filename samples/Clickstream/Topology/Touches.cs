using System.Buffers;
using System.Buffers.Binary;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>A click on a product, or its purchase.</summary>
internal readonly record struct Touch(bool IsPurchase, long TimeMs);

/// <summary>Clicks and purchases of one user and product, the last one first: a list whose parts never change, so that adding costs the same however long it is.</summary>
internal sealed class Touches
{
    private Touches(Touches? before, Touch last) => (Before, Last, Length) = (before, last, before is null ? 0 : before.Length + 1);

    public static Touches None { get; } = new(null, default);

    public Touches? Before { get; }

    public Touch Last { get; }

    public int Length { get; }

    public Touches Add(Touch touch) => new(this, touch);

    /// <summary>Joins each click with the purchases that follow it within a bound, inclusive.</summary>
    public Conversions Count(TimeSpan bound)
    {
        var (clicks, purchases) = (new List<long>(Length), new List<long>(Length));
        for (var at = this; at.Before is not null; at = at.Before)
            (at.Last.IsPurchase ? purchases : clicks).Add(at.Last.TimeMs);
        clicks.Sort();
        purchases.Sort();
        var (rows, pairs, converted, first, end) = (0L, 0L, 0L, 0, 0);
        foreach (var click in clicks)
        {
            while (first < purchases.Count && purchases[first] < click)
                first++;
            while (end < purchases.Count && purchases[end] <= click + (long)bound.TotalMilliseconds)
                end++;
            var following = end - first;
            rows += Math.Max(1, following);
            pairs += following;
            converted += following > 0 ? 1 : 0;
        }

        return new(rows, pairs, clicks.Count, converted);
    }
}

/// <summary>A touch in 8 bytes: twice its time, one more for a purchase.</summary>
internal sealed class TouchSerde : Serde<Touch>
{
    private TouchSerde()
    {
    }

    public static TouchSerde Instance { get; } = new();

    protected override bool ValuesAreImmutable => true;

    public static long ToNumber(Touch touch) => (touch.TimeMs << 1) | (touch.IsPurchase ? 1L : 0);

    public static Touch OfNumber(long number) => new((number & 1) != 0, number >> 1);

    public override Touch Deserialize(ReadOnlySpan<byte> data) => data.Length == sizeof(long) ? OfNumber(BinaryPrimitives.ReadInt64BigEndian(data)) : throw new SerdeException("no-touch");

    public override void Serialize(Touch value, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), ToNumber(value));
        output.Advance(sizeof(long));
    }
}

/// <summary>Touches from the last to the first, each as the difference from the one behind it, zigzag in seven-bit groups: mostly two or three bytes.</summary>
internal sealed class TouchesSerde : Serde<Touches>
{
    private const int LongestNumber = 10;

    protected override bool ValuesAreImmutable => true;

    public override Touches Deserialize(ReadOnlySpan<byte> data)
    {
        var numbers = new List<long>();
        for (var number = 0L; !data.IsEmpty;)
            numbers.Add(number += ReadDifference(ref data));
        var touches = Touches.None;
        for (var i = numbers.Count - 1; i >= 0; i--)
            touches = touches.Add(TouchSerde.OfNumber(numbers[i]));
        return touches;
    }

    public override void Serialize(Touches value, IBufferWriter<byte> output)
    {
        var behind = 0L;
        for (var at = value; at.Before is not null; at = at.Before)
        {
            var number = TouchSerde.ToNumber(at.Last);
            WriteDifference(number - behind, output);
            behind = number;
        }
    }

    private static long ReadDifference(ref ReadOnlySpan<byte> data)
    {
        var bits = 0UL;
        for (var i = 0; i < Math.Min(data.Length, LongestNumber); i++)
        {
            bits |= (ulong)(data[i] & 0x7f) << (7 * i);
            if (data[i] >= 0x80)
                continue;
            data = data[(i + 1)..];
            return (long)(bits >> 1) ^ -(long)(bits & 1);
        }

        throw new SerdeException("no-touches");
    }

    private static void WriteDifference(long difference, IBufferWriter<byte> output)
    {
        var bytes = output.GetSpan(LongestNumber);
        var length = 0;
        var bits = (ulong)((difference << 1) ^ (difference >> 63));
        for (; bits >= 0x80; bits >>= 7)
            bytes[length++] = (byte)(bits | 0x80);
        bytes[length++] = (byte)bits;
        output.Advance(length);
    }
}
