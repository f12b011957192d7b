namespace CrashStreams.Broker.Coordination;

/// <summary>
/// Sums of times that clients, configs or records name: they may be as large as there are, and mean "never" then. Every sum of a clock and such a
/// time is made here.
/// </summary>
internal static class Saturating
{
    public static long Add(long left, long right)
    {
        var sum = unchecked(left + right);
        return ((left ^ sum) & (right ^ sum)) >= 0 ? sum : left < 0 ? long.MinValue : long.MaxValue;
    }

    public static long Subtract(long left, long right)
    {
        var difference = unchecked(left - right);
        return ((left ^ right) & (left ^ difference)) >= 0 ? difference : left < 0 ? long.MinValue : long.MaxValue;
    }
}
