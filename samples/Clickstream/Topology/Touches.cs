using System.Buffers;
using System.Runtime.InteropServices;
using CrashStreams.Samples.Clickstream.Events;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>A click on a product, or its purchase.</summary>
/// <param name="Number">Twice its time, one more for a purchase.</param>
internal readonly record struct Touch(long Number)
{
    public bool IsPurchase => (Number & 1) != 0;

    public long TimeMs => Number >> 1;

    public static Touch Of(Click click) => new(click.TimeMs << 1);

    public static Touch Of(Purchase purchase) => new((purchase.TimeMs << 1) | 1);
}

/// <summary>
/// Clicks and purchases of one user and product, in any order. It never changes: a list of arrays, each more than twice as long as the one behind it, so that adding copies little however many there are.
/// </summary>
internal sealed class Touches
{
    private readonly Touches? _before;
    private readonly Touch[] _last;

    private Touches(Touches? before, Touch[] last) => (_before, _last) = (before, last);

    public static Touches Of(List<Touch> touches) => new(null, [.. touches]);

    public Touches Add(Touches others) => (others._before is null ? this : Add(others._before)).Add(others._last);

    /// <summary>Adds all to a list.</summary>
    public void CopyTo(List<Touch> list)
    {
        _before?.CopyTo(list);
        list.AddRange(_last);
    }

    /// <summary>Joins each click with the purchases that follow it within a bound, inclusive.</summary>
    public Conversions Count(TimeSpan bound)
    {
        var all = new List<Touch>();
        CopyTo(all);
        var clicks = all.Where(static touch => !touch.IsPurchase).Select(static touch => touch.TimeMs).Order();
        var purchases = all.Where(static touch => touch.IsPurchase).Select(static touch => touch.TimeMs).Order().ToList();
        var (rows, pairs, unique, converted, first, end) = (0L, 0L, 0L, 0L, 0, 0);
        foreach (var click in clicks)
        {
            while (first < purchases.Count && purchases[first] < click)
                first++;
            while (end < purchases.Count && purchases[end] <= click + (long)bound.TotalMilliseconds)
                end++;
            var following = end - first;
            rows += Math.Max(1, following);
            pairs += following;
            unique++;
            converted += following > 0 ? 1 : 0;
        }

        return new(rows, pairs, unique, converted);
    }

    private Touches Add(Touch[] touches) =>
        _last.Length > 2 * touches.Length ? new(this, touches)
        : _before is null ? new(null, [.. _last, .. touches])
        : _before.Add([.. _last, .. touches]);
}

/// <summary>Touches as their numbers, each as the difference from the one before it, zigzag in seven-bit groups: mostly two or three bytes.</summary>
internal sealed class TouchesSerde : Serde<Touches>
{
    private const int LongestNumber = 10;

    private TouchesSerde()
    {
    }

    public static TouchesSerde Instance { get; } = new();

    protected override bool ValuesAreImmutable => true;

    public override Touches Deserialize(ReadOnlySpan<byte> data)
    {
        var touches = new List<Touch>(data.Length / 2);
        for (var number = 0L; !data.IsEmpty;)
            touches.Add(new(number += ReadDifference(ref data)));
        return Touches.Of(touches);
    }

    public override void Serialize(Touches value, IBufferWriter<byte> output)
    {
        var touches = new List<Touch>();
        value.CopyTo(touches);
        var before = 0L;
        foreach (ref readonly var touch in CollectionsMarshal.AsSpan(touches))
        {
            WriteDifference(touch.Number - before, output);
            before = touch.Number;
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
